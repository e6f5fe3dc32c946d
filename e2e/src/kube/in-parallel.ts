/** Calls under way at a time: as many as the client has connections. */
const WIDTH = 8;

/** Does something for each item, several at a time, in order of their beginning. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<unknown>,
  done: (count: number) => void = () => undefined,
): Promise<void> {
  const left = items.entries();
  let count = 0;
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) {
      await work(item, index);
      done(++count);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}
