#include <string.h>
#include "json.h"

static void skip_blanks(struct json *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

static bool take(struct json *s, char c)
{
	if (s->at >= s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static bool take_word(struct json *s, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length))
		return false;
	s->at += length;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits, or -1. */
static s32 take_hex4(struct json *s)
{
	s32 code = 0;

	if (s->end - s->at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(*s->at++);

		if (digit < 0)
			return -1;
		code = code << 4 | digit;
	}
	return code;
}

static bool take_string(struct json *s)
{
	if (!take(s, '"'))
		return false;
	while (s->at < s->end) {
		char c = *s->at++;

		if (c == '"')
			return true;
		if ((u8)c < 0x20)
			return false;
		if (c != '\\')
			continue;
		if (s->at >= s->end)
			return false;
		c = *s->at++;
		if (c == 'u') {
			if (take_hex4(s) < 0)
				return false;
		} else if (!c || !strchr("\"\\/bfnrt", c)) {
			return false;
		}
	}
	return false;
}

static bool take_digits(struct json *s)
{
	const char *from = s->at;

	while (s->at < s->end && is_digit(*s->at))
		s->at++;
	return s->at > from;
}

static bool take_number(struct json *s)
{
	take(s, '-');
	if (!take(s, '0') && !take_digits(s))
		return false;
	if (take(s, '.') && !take_digits(s))
		return false;
	if (take(s, 'e') || take(s, 'E')) {
		if (!take(s, '+'))
			take(s, '-');
		return take_digits(s);
	}
	return true;
}

static bool take_value(struct json *s, int depth);

/* What stands between the brackets: elements, or members where `object` is set. */
static bool take_list(struct json *s, char close, bool object, int depth)
{
	if (depth >= JSON_DEPTH_MAX)
		return false;
	s->at++;
	skip_blanks(s);
	if (take(s, close))
		return true;
	for (;;) {
		skip_blanks(s);
		if (object) {
			if (!take_string(s))
				return false;
			skip_blanks(s);
			if (!take(s, ':'))
				return false;
		}
		if (!take_value(s, depth + 1))
			return false;
		skip_blanks(s);
		if (take(s, close))
			return true;
		if (!take(s, ','))
			return false;
	}
}

static bool take_value(struct json *s, int depth)
{
	skip_blanks(s);
	if (s->at >= s->end)
		return false;
	switch (*s->at) {
	case '{':
		return take_list(s, '}', true, depth);
	case '[':
		return take_list(s, ']', false, depth);
	case '"':
		return take_string(s);
	case 't':
		return take_word(s, "true");
	case 'f':
		return take_word(s, "false");
	case 'n':
		return take_word(s, "null");
	default:
		return take_number(s);
	}
}

bool json_check(struct json text, struct json *value)
{
	skip_blanks(&text);
	value->at = text.at;
	if (!take_value(&text, 0))
		return false;
	value->end = text.at;
	skip_blanks(&text);
	return text.at == text.end;
}

bool json_begins(struct json value, char first)
{
	return value.at < value.end && *value.at == first;
}

/* Steps over one value; the text has been checked. */
static struct json step(struct json *s)
{
	struct json value;

	skip_blanks(s);
	value.at = s->at;
	take_value(s, 0);
	value.end = s->at;
	skip_blanks(s);
	return value;
}

bool json_next(struct json array, const char **cursor, struct json *element)
{
	struct json s = { .at = *cursor ? *cursor : array.at + 1, .end = array.end };

	if (!json_begins(array, '['))
		return false;
	skip_blanks(&s);
	if (s.at >= s.end || *s.at == ']')
		return false;
	*element = step(&s);
	take(&s, ',');
	*cursor = s.at;
	return true;
}

bool json_member(struct json object, const char *name, struct json *value)
{
	struct json s = { .at = object.at + 1, .end = object.end };
	bool found = false;
	char key[128];

	if (!json_begins(object, '{'))
		return false;
	skip_blanks(&s);
	while (s.at < s.end && *s.at == '"') {
		struct json member = step(&s);
		struct json held;

		take(&s, ':');
		held = step(&s);
		take(&s, ',');
		skip_blanks(&s);
		if (json_string(member, key, sizeof(key)) && !strcmp(key, name)) {
			*value = held;
			found = true;
		}
	}
	return found;
}

/* Writes a code point in UTF-8; a surrogate alone becomes U+FFFD. Returns its octets. */
static size_t put_utf8(char to[4], u32 code)
{
	if (code >= 0xd800 && code < 0xe000)
		code = 0xfffd;
	if (code < 0x80) {
		to[0] = code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = 0xc0 | code >> 6;
		to[1] = 0x80 | (code & 0x3f);
		return 2;
	}
	if (code < 0x10000) {
		to[0] = 0xe0 | code >> 12;
		to[1] = 0x80 | (code >> 6 & 0x3f);
		to[2] = 0x80 | (code & 0x3f);
		return 3;
	}
	to[0] = 0xf0 | code >> 18;
	to[1] = 0x80 | (code >> 12 & 0x3f);
	to[2] = 0x80 | (code >> 6 & 0x3f);
	to[3] = 0x80 | (code & 0x3f);
	return 4;
}

/* What stands behind "\u", a second escape with it where both are one code point. */
static u32 take_escape(struct json *s)
{
	u32 code = take_hex4(s);
	struct json low = *s;
	s32 second;

	if (code < 0xd800 || code >= 0xdc00 || !take_word(&low, "\\u"))
		return code;
	second = take_hex4(&low);
	if (second < 0xdc00 || second >= 0xe000)
		return code;
	*s = low;
	return 0x10000 + ((code - 0xd800) << 10 | (second - 0xdc00));
}

/* One character of a string, escaped or not. Returns its octets in UTF-8. */
static size_t take_character(struct json *s, char to[4])
{
	static const char escaped[] = "bfnrt", plain[] = "\b\f\n\r\t";
	const char *known;
	char c = *s->at++;

	if (c != '\\') {
		to[0] = c;
		return 1;
	}
	c = *s->at++;
	if (c == 'u')
		return put_utf8(to, take_escape(s));
	known = strchr(escaped, c);
	to[0] = known ? plain[known - escaped] : c;
	return 1;
}

bool json_string(struct json value, char *to, size_t size)
{
	struct json s = { .at = value.at + 1, .end = value.end - 1 };
	size_t length = 0;
	char octets[4];

	if (!json_begins(value, '"'))
		return false;
	while (s.at < s.end) {
		size_t n = take_character(&s, octets);

		if (!octets[0] || length + n >= size)
			return false;
		memcpy(to + length, octets, n);
		length += n;
	}
	to[length] = 0;
	return true;
}

bool json_number(struct json value, u32 most, u32 *number)
{
	u64 n = 0;

	if (value.at >= value.end)
		return false;
	for (const char *c = value.at; c < value.end; c++) {
		if (!is_digit(*c))
			return false;
		n = n * 10 + (*c - '0');
		if (n > most)
			return false;
	}
	*number = n;
	return true;
}
