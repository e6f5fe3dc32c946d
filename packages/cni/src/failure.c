#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "failure.h"

int fail(struct failure *f, enum failure_code code, int error, const char *format, ...)
{
	va_list arguments;
	size_t length;

	f->code = code;
	va_start(arguments, format);
	vsnprintf(f->message, sizeof(f->message), format, arguments);
	va_end(arguments);
	length = strlen(f->message);
	if (error)
		snprintf(f->message + length, sizeof(f->message) - length, ": %s", strerror(error));
	return -1;
}
