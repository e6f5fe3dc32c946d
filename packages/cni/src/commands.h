#pragma once
#include "request.h"

/* Each does its command's work; what is printed is main's to say. */
int command_add(const struct request *r, struct failure *f);
int command_del(const struct request *r, struct failure *f);
int command_check(const struct request *r, struct failure *f);
int command_gc(const struct request *r, struct failure *f);
int command_status(const struct request *r, struct failure *f);
