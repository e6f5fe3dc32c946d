/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends one UDP or TCP packet over IPv4 whose addresses and ports are whatever it is told, through an interface, past
 * the kernel's own routing: what a pod with CAP_NET_RAW or a host on the path can do.
 *
 *   forge INTERFACE MAC SOURCE SOURCE-PORT DESTINATION DESTINATION-PORT HEX-PAYLOAD [SEQUENCE ACKNOWLEDGEMENT]
 *
 * With sequence numbers it is a TCP segment.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define IP 20
#define UDP 8
#define TCP 20

static uint32_t add(uint32_t sum, const uint8_t *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += i & 1 ? at[i] : at[i] << 8;
	return sum;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void put32(uint8_t *at, unsigned long value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static unsigned fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

int main(int argc, char **argv)
{
	uint8_t packet[1500] = { [0] = 0x45, [8] = 64 }, *l4 = packet + IP;
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_halen = 6 };
	size_t payload, header;
	int fd;

	if (argc != 8 && argc != 10) {
		fprintf(stderr, "usage: forge INTERFACE MAC SOURCE PORT DESTINATION PORT HEX [SEQ ACK]\n");
		return 2;
	}
	packet[9] = argc == 10 ? IPPROTO_TCP : IPPROTO_UDP;
	header = argc == 10 ? TCP : UDP;
	payload = strlen(argv[7]) / 2;
	for (size_t i = 0; i < payload; i++)
		sscanf(argv[7] + 2 * i, "%2hhx", l4 + header + i);
	put16(packet + 2, IP + header + payload);
	inet_pton(AF_INET, argv[3], packet + 12);
	inet_pton(AF_INET, argv[5], packet + 16);
	put16(packet + 10, fold(add(0, packet, 20)));
	put16(l4, atoi(argv[4]));
	put16(l4 + 2, atoi(argv[6]));
	if (argc == 10) {
		put32(l4 + 4, strtoul(argv[8], NULL, 10));
		put32(l4 + 8, strtoul(argv[9], NULL, 10));
		l4[12] = TCP / 4 << 4;
		l4[13] = 0x18; /* ACK, PSH */
		put16(l4 + 14, 64240);
	} else {
		put16(l4 + 4, UDP + payload);
	}
	put16(l4 + (argc == 10 ? 16 : 6), fold(add(packet[9] + header + payload, packet + 12, 8 + header + payload)));

	to.sll_ifindex = if_nametoindex(argv[1]);
	for (int i = 0; i < 6; i++)
		sscanf(argv[2] + 3 * i, "%2hhx", &to.sll_addr[i]);
	fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	if (sendto(fd, packet, IP + header + payload, 0, (void *)&to, sizeof(to)) < 0) {
		perror("forge");
		return 1;
	}
	return 0;
}
