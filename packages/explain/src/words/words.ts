/** One reason in words. */
import type { PolicyRef } from '@namewall/protocol';

export interface Words {
  /** The rule that decided, or the one that is missing. One line. */
  readonly why: string;
  /** What to do about it; '' where nothing is wrong. May be several lines. */
  readonly fix: string;
  /** The deciding rule, `203.0.113.0/24 on TCP/443`; '' = none did. */
  readonly rule: string;
  /** Canonical; '' where no name rule decided. */
  readonly selector: string;
  readonly policies: readonly PolicyRef[];
}

export function words(why: string, more: Partial<Words> = {}): Words {
  return { why, fix: '', rule: '', selector: '', policies: [], ...more };
}
