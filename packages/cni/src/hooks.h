#pragma once
#include "cable.h"
#include "pins.h"
/*
 * The trampolines of an endpoint: set, looked at, taken away. The same pins and places as
 * packages/datapath/src/hooks has.
 */
int hooks_set(const struct pins *p, const struct request *r, u32 number, const struct cable *cable, struct failure *f);

/* Do both hooks stand at this cable? */
bool hooks_stand(const struct pins *p, const char *netns, u32 number, const struct cable *cable);

void hooks_remove(const struct pins *p, u32 number);

/*
 * Which sandbox an endpoint's hooks were set for: "<container>/<interface>", the text of a symbolic link of its
 * number under "cni". bpffs holds no files.
 */
int owner_write(const struct pins *p, u32 number, const struct request *r, struct failure *f);
bool owner_read(const struct pins *p, u32 number, char *text, size_t size);
void owner_remove(const struct pins *p, u32 number);
