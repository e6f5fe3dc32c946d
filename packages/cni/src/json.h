#pragma once
#include <stddef.h>
#include "types.h"
/*
 * Just enough of JSON (RFC 8259): a text is checked as a whole, then looked into by its octets. Nothing is copied or
 * allocated. Of equal members the last counts, as for the container runtimes' own parser.
 */
struct json {
	const char *at; /* the value's first octet */
	const char *end; /* behind its last */
};

enum { JSON_DEPTH_MAX = 64 }; /* arrays and objects within each other */

/* Is this text exactly one value? Only then *value may be given to the functions below. */
bool json_check(struct json text, struct json *value);

/* A member of an object; false where it is none or has no such member. *value is left then. */
bool json_member(struct json object, const char *name, struct json *value);

/* Elements of an array, one at a time; *cursor begins as NULL. False behind the last, or where it is no array. */
bool json_next(struct json array, const char **cursor, struct json *element);

/* A string, escapes taken out, NUL at its end. False: no string, too long for `size` octets, or it holds a NUL. */
bool json_string(struct json value, char *to, size_t size);

/* A whole number from 0 to `most`. */
bool json_number(struct json value, u32 most, u32 *number);

/* Is the value of this kind? '{', '[', '"', 't', 'f', 'n', or a number's first character. */
bool json_begins(struct json value, char first);
