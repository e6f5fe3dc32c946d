#include <arpa/inet.h>
#include <string.h>
#include "addresses.h"

static bool parse(char *text, u8 to[16])
{
	char *slash = strchr(text, '/');

	if (slash)
		*slash = 0;
	if (inet_pton(AF_INET6, text, to) == 1)
		return true;
	memset(to, 0, 10);
	memset(to + 10, 0xff, 2);
	return inet_pton(AF_INET, text, to + 12) == 1;
}

/* Whether an address stands at our interface: it says at which, by number, or does not say. */
static bool is_ours(struct json result, struct json ip, const char *ifname)
{
	struct json interfaces, wanted, one, name;
	const char *cursor = NULL;
	char text[32];
	u32 index;

	if (!json_member(ip, "interface", &wanted) || !json_member(result, "interfaces", &interfaces))
		return true;
	if (!json_number(wanted, 4096, &index))
		return false;
	for (u32 i = 0; json_next(interfaces, &cursor, &one); i++)
		if (i == index)
			return json_member(one, "name", &name) && json_string(name, text, sizeof(text)) &&
			       !strcmp(text, ifname);
	return false;
}

void addresses_of(struct json result, const char *ifname, u8 to[NW_ENDPOINT_ADDRESSES][16])
{
	struct json ips, ip, value;
	const char *cursor = NULL;
	char text[64];
	u32 count = 0;

	memset(to, 0, (size_t)NW_ENDPOINT_ADDRESSES * 16);
	if (!json_member(result, "ips", &ips))
		return;
	while (json_next(ips, &cursor, &ip)) {
		if (!is_ours(result, ip, ifname) || !json_member(ip, "address", &value))
			continue;
		if (count == NW_ENDPOINT_ADDRESSES || !json_string(value, text, sizeof(text)) ||
		    !parse(text, to[count++])) {
			memset(to, 0, (size_t)NW_ENDPOINT_ADDRESSES * 16);
			return;
		}
	}
}
