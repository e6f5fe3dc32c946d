import { readFileSync, readdirSync } from 'node:fs';
import type { Race, World } from '@namewall/e2e';
import type { Figure } from './figure.ts';

interface Sample {
  /** Seconds since the first. */
  readonly at: number;
  /** KiB. */
  readonly anonymous: number;
  readonly resident: number;
}

/** The agent's memory while the pod asks for names that nobody asked before. */
export async function* memory({ lab, namewall }: World, race: Race, names: number): AsyncGenerator<Figure> {
  const pid = namewall.agent?.pid ?? 0;
  const samples: Sample[] = [];
  const started = performance.now();
  const files = openFiles(pid);
  const timer = setInterval(() => samples.push(sample(pid, (performance.now() - started) / 1000)), 250);
  try {
    await race.askNames(lab.pod('shop'), 'wild.example', names);
  } finally {
    clearInterval(timer);
    samples.push(sample(pid, (performance.now() - started) / 1000));
  }
  const kept = samples.slice(Math.floor(samples.length / 5));
  const last = kept.at(-1);
  if (!last) throw new Error(`no sample of process ${pid}; did the agent end?`);
  const grown = openFiles(pid) - files;
  yield {
    name: `agent RSS after ${names} names`,
    measured: `${Math.round(last.resident / 1024)} MiB`,
    goal: '≤ 120 MB',
  };
  yield growth('anonymous memory', kept, (each) => each.anonymous);
  yield growth('resident memory', kept, (each) => each.resident);
  yield { name: 'file descriptors of the agent', measured: `${grown} more than before`, goal: '0', held: grown <= 0 };
}

/** Flat: over the last 80 % of the samples the line through them rises by less than a twentieth. */
function growth(what: string, samples: readonly Sample[], value: (sample: Sample) => number): Figure {
  const mean = (list: readonly number[]): number => list.reduce((sum, each) => sum + each, 0) / list.length;
  const times = samples.map(({ at }) => at);
  const values = samples.map(value);
  const [middle, level] = [mean(times), mean(values)];
  const spread = mean(times.map((at) => (at - middle) ** 2));
  const slope = mean(times.map((at, i) => (at - middle) * ((values[i] ?? level) - level))) / (spread || 1);
  const rise = (slope * ((times.at(-1) ?? 0) - (times[0] ?? 0))) / level;
  const measured = `${(rise * 100).toFixed(1)} % of ${Math.round(level / 1024)} MiB`;
  return { name: `rise of ${what} over the last 80 %`, measured, goal: 'flat: < 5 %', held: rise < 0.05 };
}

function sample(pid: number, at: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { at, anonymous: field('RssAnon'), resident: field('VmRSS') };
}

const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
