/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends one UDP/IPv4 packet whose addresses and ports are whatever it is told, through an interface, past
 * the kernel's own routing: what a pod with CAP_NET_RAW or a host on the path can do.
 *
 *   forge INTERFACE MAC SOURCE SOURCE-PORT DESTINATION DESTINATION-PORT HEX-PAYLOAD
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

#define HEADERS 28

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

static unsigned fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

int main(int argc, char **argv)
{
	uint8_t packet[1500] = { [0] = 0x45, [8] = 64, [9] = 17 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_halen = 6 };
	size_t payload;
	int fd;

	if (argc != 8) {
		fprintf(stderr, "usage: forge INTERFACE MAC SOURCE PORT DESTINATION PORT HEX\n");
		return 2;
	}
	payload = strlen(argv[7]) / 2;
	for (size_t i = 0; i < payload; i++)
		sscanf(argv[7] + 2 * i, "%2hhx", packet + HEADERS + i);
	put16(packet + 2, HEADERS + payload);
	inet_pton(AF_INET, argv[3], packet + 12);
	inet_pton(AF_INET, argv[5], packet + 16);
	put16(packet + 10, fold(add(0, packet, 20)));
	put16(packet + 20, atoi(argv[4]));
	put16(packet + 22, atoi(argv[6]));
	put16(packet + 24, 8 + payload);
	put16(packet + 26, fold(add(17 + 8 + payload, packet + 12, 16 + payload)));

	to.sll_ifindex = if_nametoindex(argv[1]);
	for (int i = 0; i < 6; i++)
		sscanf(argv[2] + 3 * i, "%2hhx", &to.sll_addr[i]);
	fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	if (sendto(fd, packet, HEADERS + payload, 0, (void *)&to, sizeof(to)) < 0) {
		perror("forge");
		return 1;
	}
	return 0;
}
