/* Random numbers as PyTorch draws them on a CPU: the same seed gives the same picture everywhere. */
const WORDS = 624; // of the Mersenne Twister's state
const SHIFT = 397;
const BLOCK = 16;

/* MT19937 (Matsumoto & Nishimura 1998), seeded as `torch.Generator().manual_seed(seed)`. */
function mersenneTwister(seed) {
  const state = new Uint32Array(WORDS);
  state[0] = seed;
  for (let i = 1; i < WORDS; i++)
    state[i] = Math.imul(state[i - 1] ^ (state[i - 1] >>> 30), 0x6c078965) + i;
  let next = WORDS;

  function refill() {
    for (let i = 0; i < WORDS; i++) {
      const joined = (state[i] & 0x80000000) | (state[(i + 1) % WORDS] & 0x7fffffff);
      const twist = joined & 1 ? 0x9908b0df : 0;
      state[i] = state[(i + SHIFT) % WORDS] ^ (joined >>> 1) ^ twist;
    }
    next = 0;
  }

  return () => {
    if (next === WORDS) refill();
    let word = state[next++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  };
}

/* A source of `torch.randn(count, generator=...)`: each call goes on where the last one stopped.

   PyTorch has two ways (aten/src/ATen/native/cpu/DistributionTemplates.h). From 16 numbers on it
   fills all with uniforms of 24 bits and transforms them in blocks of 16 (Box & Muller 1958), the
   last of which is drawn anew where the count is no multiple of 16. Fewer are drawn one by one from
   uniforms of 53 bits, two from each pair. */
export function normalSource(seed) {
  const word = mersenneTwister(seed);
  let spare = null; // the second number of a pair

  const uniform = () => (word() & 0xffffff) / 2 ** 24;

  function wideUniform() {
    const high = word() & 0x1fffff;
    return (high * 2 ** 32 + word()) / 2 ** 53;
  }

  function single() {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const angle = 2 * Math.PI * wideUniform();
    const radius = Math.sqrt(-2 * Math.log1p(-wideUniform()));
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  function transform(values, first) {
    for (let i = first; i < first + BLOCK / 2; i++) {
      const radius = Math.sqrt(-2 * Math.log(1 - values[i]));
      const angle = 2 * Math.PI * values[i + BLOCK / 2];
      values[i] = radius * Math.cos(angle);
      values[i + BLOCK / 2] = radius * Math.sin(angle);
    }
  }

  return (count) => {
    if (count < BLOCK) return Float32Array.from({ length: count }, single);
    const values = Float32Array.from({ length: count }, uniform);
    for (let i = 0; i + BLOCK <= count; i += BLOCK) transform(values, i);
    if (count % BLOCK) {
      for (let i = count - BLOCK; i < count; i++) values[i] = uniform();
      transform(values, count - BLOCK);
    }
    return values;
  };
}
