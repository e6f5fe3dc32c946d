// From proto/namewall/v1/observer.proto; written by `make generate`.

export const Verdict = {
  VERDICT_UNSPECIFIED: 0,
  VERDICT_PASSED: 1,
  VERDICT_REFUSED: 2,
  VERDICT_AUDIT: 3,
} as const;

export type Verdict =
  | 0
  | 1
  | 2
  | 3

export type Verdict__Output = typeof Verdict[keyof typeof Verdict]
