#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;

/* struct bpf_insn, kernel UAPI; both registers in one octet. */
struct bpf_instruction {
	u8 code;
	u8 registers;
	s16 offset;
	s32 immediate;
};
