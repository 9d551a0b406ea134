/**
 * Joins the bytes left over from one chunk with the next chunk. Its memory is reused and grows by doubling: joining
 * by `Buffer.concat` would copy a row of 4 MB once for each of its 64 chunks, and leave the copies to the collector.
 */

const MIN_CAPACITY = 256 * 1024;

export class CarryBuffer {
  #store = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** Bytes that are kept. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** What is kept and then `chunk`, as one buffer; valid until the next call. Keep what is not read of it. */
  join(chunk: Buffer): Buffer {
    if (this.length === 0) return chunk;
    this.#makeRoom(chunk.length);
    chunk.copy(this.#store, this.#end);
    this.#end += chunk.length;
    return this.#store.subarray(this.#start, this.#end);
  }

  /** Keeps the last `count` bytes of `buffer`, which `join` returned or was given. */
  keep(buffer: Buffer, count: number): void {
    if (
      buffer.buffer === this.#store.buffer &&
      buffer.byteOffset + buffer.length === this.#store.byteOffset + this.#end
    ) {
      this.#start = this.#end - count;
      return;
    }
    this.#start = 0;
    this.#end = 0;
    this.#makeRoom(count);
    buffer.copy(this.#store, 0, buffer.length - count);
    this.#end = count;
  }

  #makeRoom(extra: number): void {
    if (this.#end + extra <= this.#store.length) return;
    const length = this.length;
    if (length + extra <= this.#store.length) this.#store.copyWithin(0, this.#start, this.#end);
    else {
      const larger = Buffer.allocUnsafeSlow(Math.max(MIN_CAPACITY, 2 * (length + extra)));
      this.#store.copy(larger, 0, this.#start, this.#end);
      this.#store = larger;
    }
    this.#start = 0;
    this.#end = length;
  }
}
