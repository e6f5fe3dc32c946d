/*
 * Reads messages (a length in four octets, then as many), and answers each by a line: "n" where it is no JSON; else
 * "y", the string that its member "k" is ("-": none), in hexadecimal, and how many elements its member "a" has.
 */
#include <stdio.h>
#include <stdlib.h>
#include "../../src/json.h"

static void print_member(struct json value)
{
	struct json member;
	char text[64];

	if (!json_member(value, "k", &member) || !json_string(member, text, sizeof(text))) {
		printf(" -");
		return;
	}
	printf(" =");
	for (char *c = text; *c; c++)
		printf("%02x", (unsigned char)*c);
}

static void print_elements(struct json value)
{
	struct json list, element;
	const char *cursor = NULL;
	int count = 0;

	if (json_member(value, "a", &list))
		while (json_next(list, &cursor, &element))
			count++;
	printf(" %d\n", count);
}

int main(void)
{
	unsigned int length;

	while (fread(&length, sizeof(length), 1, stdin) == 1) {
		/* Exactly as large as the message: a look behind it is seen. */
		char *text = malloc(length ? length : 1);
		struct json value;

		if (!text || fread(text, 1, length, stdin) != length)
			return 1;
		if (json_check((struct json){ text, text + length }, &value)) {
			printf("y");
			print_member(value);
			print_elements(value);
		} else {
			printf("n\n");
		}
		free(text);
	}
	return 0;
}
