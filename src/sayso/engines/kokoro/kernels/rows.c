/* The kernels, once for every instruction set: compiled with LANES, PANEL and NAME given (see setup.py).

   LANES  floats in a vector
   PANEL  rows of the matrix product held in registers, two vectors wide
   NAME   suffix of the one exported symbol

   Everything works on rows: (position, channel) with channels next to each other, so that vectors run over
   channels and no step ever looks across them. Results do not depend on the number of threads: work is cut
   by size only, and sums are added up in the order of the pieces. */

#include "kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define TILE (2 * LANES)
#define MAX_POINTS 11
#define EPSILON 1e-5

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef float vf_any __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(LANES * 4)));

#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const float *p) { return *(const vf_any *)p; }
INLINE void store(float *p, vf v) { *(vf_any *)p = v; }
INLINE vf splat(float a) { return a - (vf){0}; }
INLINE vf choose(vi mask, vf yes, vf no) { return (vf)(((vi)yes & mask) | ((vi)no & ~mask)); }

/* The last channels may not fill a vector. `count` is how many there are. */
INLINE vf load_some(const float *p, int64_t count) {
    if (count >= LANES) return load(p);
    float t[LANES] = {0};
    memcpy(t, p, (size_t)count * sizeof(float));
    return load(t);
}
INLINE void store_some(float *p, vf v, int64_t count) {
    if (count >= LANES) { store(p, v); return; }
    float t[LANES];
    store(t, v);
    memcpy(p, t, (size_t)count * sizeof(float));
}

/* --- Snake: u + sin(alpha u)^2 / alpha ------------------------------------------------------------------ */

/* v less the nearest multiple of pi, in [-pi/2, pi/2]. pi comes in parts short enough for k * part to be exact
   where there is no fused multiply-add (k below 2^13), and together exact far beyond with one. Where v is so
   large that floats are further apart than the period, the answer means nothing, but it stays in range. */
INLINE vf reduce(vf v) {
    const vf magic = splat(12582912.0f); /* 1.5 * 2^23: adding it rounds to an integer */
    vf k = v * splat(0.318309886183790671538f);
    k = (k + magic) - magic;
    vf r = v - k * splat(3.140625f);
    r -= k * splat(9.670257568359375e-4f);
    r -= k * splat(6.2771141529083251953e-7f);
    r -= k * splat(1.2154201256553420762e-10f);
    const vf top = splat(1.5707964f);
    r = choose(r > top, top, r);
    return choose(r < -top, -top, r);
}

/* On [-pi/2, pi/2], by the Taylor series economised: errors below 1e-7 and 1e-6. */
INLINE vf sine(vf r) {
    const vf s = r * r;
    vf p = splat(-2.3889859e-8f);
    p = p * s + splat(2.7525562e-6f);
    p = p * s + splat(-1.9840874e-4f);
    p = p * s + splat(8.3333310e-3f);
    p = p * s + splat(-1.6666667e-1f);
    return r + r * s * p;
}
INLINE vf cosine(vf r) {
    const vf s = r * r;
    vf p = splat(2.0876757e-9f);
    p = p * s + splat(-2.7557314e-7f);
    p = p * s + splat(2.4801587e-5f);
    p = p * s + splat(-1.3888889e-3f);
    p = p * s + splat(4.1666667e-2f);
    p = p * s + splat(-0.5f);
    return splat(1.0f) + s * p;
}

/* --- what happens to a channel before the convolution --------------------------------------------------- */

/* Per input channel, padded to whole vectors. */
typedef struct {
    float *scale, *shift, *alpha, *inverse, *mean, *deviation;
} channels;

static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t padded(int64_t c) { return (c + LANES - 1) / LANES * LANES; }

static float *new_floats(int64_t n) {
    void *p = NULL;
    return posix_memalign(&p, 64, (size_t)(n > 0 ? n : 1) * sizeof(float)) ? NULL : p;
}

static int fold(channels *f, const sayso_conv *s, int64_t c, int64_t batch) {
    const int64_t wide = padded(c);
    float *p = new_floats(6 * wide);
    if (!p) return -1;
    memset(p, 0, (size_t)(6 * wide) * sizeof(float));
    *f = (channels){p, p + wide, p + 2 * wide, p + 3 * wide, p + 4 * wide, p + 5 * wide};
    const float *affine = s->affine ? s->affine + (s->affine_batch > 1 ? batch * 2 * c : 0) : NULL;
    const float *moments = s->moments ? s->moments + batch * 2 * c : NULL;
    for (int64_t i = 0; i < c; i++) {
        f->mean[i] = moments ? moments[i] : 0.0f;
        f->deviation[i] = moments ? moments[c + i] : 1.0f;
        f->scale[i] = (affine ? 1.0f + affine[i] : 1.0f) * f->deviation[i];
        f->shift[i] = (affine ? affine[c + i] : 0.0f) - f->mean[i] * f->scale[i];
        f->alpha[i] = s->alpha ? s->alpha[i] : 1.0f;
        f->inverse[i] = 1.0f / f->alpha[i];
    }
    return 0;
}

/* A vector of act(x) of the channels from i on; `some` of them are there. */
INLINE vf activated(const float *x, int64_t some, const channels *f, int64_t i, int kind, int plain, float slope) {
    vf u = load_some(x, some);
    if (!plain) u = u * load(f->scale + i) + load(f->shift + i);
    if (kind == LEAKY) u = choose(u > 0.0f, u, u * slope);
    if (kind == SNAKE) {
        const vf t = sine(reduce(u * load(f->alpha + i)));
        u += t * t * load(f->inverse + i);
    }
    return u;
}

/* --- one piece of a convolution -------------------------------------------------------------------------- */

typedef struct {
    int64_t batch, phase, tile, tiles; /* which outputs: phase + dilation * (outputs * tile + 0, 1, ...) */
    int64_t first, last;               /* output channels, in tiles of weights */
    int64_t t0, count;                 /* first output position and how many, `dilation` apart */
} piece;

/* `element` is what is multiplied. */
#ifdef BF16
typedef uint16_t element;
#else
typedef float element;
#endif

typedef struct {
    float *rows, *product;
    element *v;
} scratch;

/* multiply, fill and what they need to know of sizes. */
#ifdef BF16
#include "product_bf16.h"
#else
#include "product_f32.h"
#endif

/* --- sums over the rows of a piece, while it is still in the cache --------------------------------------- */

/* Rows t0, t0 + step, ... of y: sum and centred sum of squares of every channel from c0 to c1. */
static void piece_moments(const float *y, int64_t ld, int64_t t0, int64_t step, int64_t count, int64_t c0, int64_t c1,
                          float *mean, float *squares) {
    for (int64_t i = c0; i < c1; i += LANES) {
        const int64_t some = c1 - i;
        vf a = splat(0.0f), b = a;
        for (int64_t k = 0; k < count; k++) {
            const vf v = load_some(y + (t0 + k * step) * ld + i, some);
            if (k & 1) a += v;
            else b += v;
        }
        const vf m = (a + b) * (1.0f / (float)count);
        a = b = splat(0.0f);
        for (int64_t k = 0; k < count; k++) {
            const vf v = load_some(y + (t0 + k * step) * ld + i, some) - m;
            if (k & 1) a += v * v;
            else b += v * v;
        }
        store_some(mean + i, m, some);
        store_some(squares + i, a + b, some);
    }
}

/* Turn the gradient of act(z) in y into that of u = scale z + shift; sum it, its product with the normalised z,
   and the gradient of alpha. */
static void piece_gradient(float *y, const float *z, int64_t ld, int64_t t0, int64_t step, int64_t count, int64_t c0,
                           int64_t c1, const channels *f, int kind, float slope, float *sums, int64_t wide) {
    for (int64_t i = c0; i < c1; i += LANES) {
        const int64_t some = c1 - i;
        const vf scale = load(f->scale + i), shift = load(f->shift + i), alpha = load(f->alpha + i);
        const vf inverse = load(f->inverse + i), mean = load(f->mean + i);
        vf total = splat(0.0f), dot = total, by_alpha = total;
        for (int64_t k = 0; k < count; k++) {
            const int64_t at = (t0 + k * step) * ld + i;
            const vf v = load_some(z + at, some), d = load_some(y + at, some);
            const vf u = v * scale + shift;
            vf g = d;
            if (kind == LEAKY) g = choose(u > 0.0f, d, d * slope);
            if (kind == SNAKE) {
                const vf r = reduce(u * alpha), sn = sine(r), twice = 2.0f * sn * cosine(r);
                g = d + d * twice;
                by_alpha += d * inverse * (u * twice - sn * sn * inverse);
            }
            total += g;
            dot += g * (v - mean);
            store_some(y + at, g, some);
        }
        store_some(sums + i, total, some);
        store_some(sums + wide + i, dot * load(f->deviation + i), some);
        store_some(sums + 2 * wide + i, by_alpha, some);
    }
}

INLINE void finish(const sayso_conv *s, const piece *w, const float *product, int64_t tile, int points, int outputs) {
    const int64_t c = s->c_out, c0 = tile * TILE, apart = w->tiles * TILE, base = w->batch * s->n_out * c;
    const int64_t halves = c - c0 > LANES ? 2 : 1;
    for (int64_t k = 0; k < w->tiles; k++) {
        const int64_t left = w->count - k * outputs;
        for (int64_t half = 0; half < halves; half++) {
            const int64_t i = c0 + half * LANES, some = c - i;
            const vf bias = s->bias ? load_some(s->bias + i, some) : splat(0.0f);
            vf out[8];
            out_of_points(product + k * TILE + half * LANES, apart, s->out_matrix, points, outputs, out);
            _Pragma("GCC unroll 8") for (int o = 0; o < outputs; o++) {
                if (o >= left) break;
                const int64_t at = base + (w->t0 + (k * outputs + o) * s->dilation) * c + i;
                vf y = out[o] + bias;
                if (s->residual) y += load_some(s->residual + at, some);
                if (s->extra) y += load_some(s->extra + at, some);
                store_some(s->y + at, y * s->gain, some);
            }
        }
    }
}

/* While the matrix product keeps the arithmetic busy, fetch what comes after it: the rows of the result and what
   is added to them, for this tile of channels, and the input rows of the next piece. Rows a dilation apart are
   more than the processor's own prefetching understands. */
typedef struct {
    const float *row;     /* next input row of the next piece */
    int64_t rows, step;   /* how many are left, floats from one to the next */
    int64_t each;         /* how many a call */
} ahead;

static void fetch_rows(ahead *a, int64_t c) {
    for (int64_t k = 0; k < a->each && a->rows > 0; k++, a->rows--, a->row += a->step)
        for (int64_t i = 0; i < c; i += 16) __builtin_prefetch(a->row + i, 0, 2);
}

static void fetch_result(const sayso_conv *s, const piece *w, int64_t tile, int64_t from, int64_t to) {
    const int64_t at = (w->batch * s->n_out + w->t0) * s->c_out + tile * TILE;
    for (int64_t k = from; k < to; k++)
        for (int64_t i = 0; i < TILE; i += 16) {
            const int64_t p = at + k * s->dilation * s->c_out + i;
            __builtin_prefetch(s->y + p, 1, 2);
            if (s->residual) __builtin_prefetch(s->residual + p, 0, 2);
            if (s->extra) __builtin_prefetch(s->extra + p, 0, 2);
        }
}

static void run(const sayso_conv *s, const piece *w, const piece *next, const channels *f, const scratch *a) {
    const int64_t v_rows = w->tiles + s->parts - 1, chunks = (s->c_in + CHUNK - 1) / CHUNK;
    const int64_t v_point = chunks * v_rows * CHUNK, w_bytes = weights_of(s) * weight_bytes(s);
    const int64_t panels = (w->tiles + PANEL - 1) / PANEL;
    const int64_t calls = s->points * panels;
    ahead input = {0};
    if (next) {
        const int64_t d = s->dilation, t = next->t0 - s->pad, skip = t < 0 ? (-t + d - 1) / d : 0, from = t + skip * d;
        const int64_t wanted = (next->tiles + s->parts - 1) * s->outputs + s->points - s->outputs - skip;
        const int64_t there = from < s->n_in ? (s->n_in - from + d - 1) / d : 0;
        input = (ahead){s->x + (next->batch * s->n_in + from) * s->c_in, at_most(wanted, there), d * s->c_in, 0};
        input.each = input.rows / ((w->last - w->first) * calls) + 1;
    }
    fill(s, w, f, a, v_rows);
    for (int64_t tile = w->first; tile < w->last; tile++) {
        for (int64_t p = 0; p < s->points; p++) {
            const char *weights = (const char *)s->weights + (tile * s->points + p) * w_bytes;
            for (int64_t k = 0; k < panels; k++) {
                const int64_t from = panel_start(w->tiles, panels, k), to = panel_start(w->tiles, panels, k + 1);
                const int64_t call = p * panels + k;
                fetch_result(s, w, tile, w->count * call / calls, w->count * (call + 1) / calls);
                fetch_rows(&input, s->c_in);
                multiply(s, a->v + p * v_point + from * CHUNK, v_rows, weights,
                         a->product + (p * w->tiles + from) * TILE, to - from);
            }
        }
        if (s->points == 1) finish(s, w, a->product, tile, 1, 1);
#ifndef BF16
        else if (s->points == 6) finish(s, w, a->product, tile, 6, 4);
        else if (s->points == 10) finish(s, w, a->product, tile, 10, 4);
        else finish(s, w, a->product, tile, 11, 6);
#endif
    }
}

/* --- a whole convolution --------------------------------------------------------------------------------- */

#ifndef V_BYTES
#define V_BYTES (384 * 1024) /* of transformed input a piece: with all else it then stays in a 1 MB L2 */
#endif

/* How a convolution is cut in pieces: (batch, phase, stretch of tiles, stretch of output channels). Few rows and
   many channels are cut by channel, so that two threads have something to do; many rows are not. Depends on sizes
   alone, never on threads. */
typedef struct {
    int64_t phases, stretches, groups, pieces, tiles;
} cut;

static cut cut_up(const sayso_conv *s, int64_t weight_tiles, int64_t chunks) {
    cut c = {.phases = at_most(s->dilation, s->n_out)};
    int64_t most = V_BYTES / (s->points * chunks * CHUNK * (int64_t)sizeof(element)) / PANEL * PANEL;
    most = most < 2 * PANEL ? 2 * PANEL : at_most(most, 16 * PANEL);
    const int64_t longest = ((s->n_out + c.phases - 1) / c.phases + s->outputs - 1) / s->outputs;
    c.stretches = (longest + most - 1) / most;
    c.tiles = (longest + c.stretches - 1) / c.stretches;
    c.groups = s->batch * c.phases * c.stretches < 8 ? at_most(weight_tiles, s->c_in >= 256 ? 4 : 2) : 1;
    c.pieces = s->batch * c.phases * c.stretches * c.groups;
    return c;
}

static piece piece_of(const sayso_conv *s, const cut *c, int64_t weight_tiles, int64_t k) {
    const int64_t group = k % c->groups, stretch = k / c->groups % c->stretches, rest = k / c->groups / c->stretches;
    piece w = {.phase = rest % c->phases, .batch = rest / c->phases};
    const int64_t positions = (s->n_out - w.phase + c->phases - 1) / c->phases;
    const int64_t all = (positions + s->outputs - 1) / s->outputs;
    w.tile = all * stretch / c->stretches;
    w.tiles = all * (stretch + 1) / c->stretches - w.tile;
    w.t0 = w.phase + s->dilation * s->outputs * w.tile;
    w.count = at_most(w.tiles * s->outputs, positions - w.tile * s->outputs);
    w.first = weight_tiles * group / c->groups;
    w.last = weight_tiles * (group + 1) / c->groups;
    return w;
}

/* What the pieces have summed, joined in their order, channel by channel. */
static void join(const sayso_conv *s, const cut *c, int64_t weight_tiles, const float *table, int64_t wide) {
    const int64_t per_batch = c->pieces / s->batch;
    for (int64_t b = 0; b < s->batch; b++)
        for (int64_t group = 0; group < c->groups; group++) {
            const int64_t c0 = weight_tiles * group / c->groups * TILE;
            const int64_t c1 = at_most(weight_tiles * (group + 1) / c->groups * TILE, s->c_out);
            for (int64_t i = c0; i < c1; i++) {
                double n = 0, mean = 0, squares = 0, total[3] = {0};
                for (int64_t k = b * per_batch + group; k < (b + 1) * per_batch; k += c->groups) {
                    const double more = (double)piece_of(s, c, weight_tiles, k).count;
                    const float *sums = table + k * 3 * wide + i;
                    if (more <= 0) continue;
                    if (s->after == GRADIENT) {
                        for (int j = 0; j < 3; j++) total[j] += sums[j * wide];
                    } else { /* two means and centred squares into one (Chan, Golub and LeVeque 1979) */
                        const double delta = sums[0] - mean;
                        squares += sums[wide] + delta * delta * n * more / (n + more);
                        mean += delta * more / (n + more);
                        n += more;
                    }
                }
                if (s->after == MOMENTS) {
                    s->moments_out[2 * b * s->c_out + i] = (float)mean;
                    s->moments_out[(2 * b + 1) * s->c_out + i] = (float)(1.0 / sqrt(squares / n + EPSILON));
                } else {
                    for (int j = 0; j < 3; j++) s->sums[(3 * b + j) * s->c_out + i] = (float)total[j];
                }
            }
        }
}

static int64_t take(int64_t *counter) {
    int64_t mine;
#pragma omp atomic capture
    mine = (*counter)++;
    return mine;
}

static int conv(const sayso_conv *s) {
    if (!is_known(s) || s->batch < 0 || s->n_out < 0 || s->n_in < 0 || s->c_in < 1 || s->c_out < 1) return -2;
    if (s->batch == 0 || s->n_out == 0) return 0;
    const int64_t weight_tiles = (s->c_out + TILE - 1) / TILE, chunks = (s->c_in + CHUNK - 1) / CHUNK;
    const int64_t wide = padded(s->c_out);
    const cut c = cut_up(s, weight_tiles, chunks);
    int failed = 0;
    int64_t taken = 0;

    channels *f = calloc((size_t)s->batch, sizeof(channels));
    float *table = s->after == NOTHING ? NULL : new_floats(c.pieces * 3 * wide);
    if (!f || (s->after != NOTHING && !table)) failed = 1;
    for (int64_t b = 0; b < s->batch && !failed; b++)
        failed = fold(&f[b], s, s->after == GRADIENT ? s->c_out : s->c_in, b) != 0;

#pragma omp parallel num_threads((int)s->threads) if (s->threads > 1 && c.pieces > 1)
    {
        scratch a = {new_floats((8 * s->outputs + s->points) * padded(s->c_in)),
                     new_floats((s->points * c.tiles + SPARE) * TILE),
                     (element *)new_floats((s->points * chunks * (c.tiles + s->parts - 1) + SPARE) * CHUNK)};
        begin_thread();
        if (!a.rows || !a.v || !a.product) {
#pragma omp atomic write
            failed = 1;
        }
#pragma omp barrier
        /* Every thread takes its pieces one ahead, to know what to fetch. */
        int64_t k = failed ? c.pieces : take(&taken);
        while (k < c.pieces) {
            const int64_t after = take(&taken);
            const piece w = piece_of(s, &c, weight_tiles, k);
            const piece next = piece_of(s, &c, weight_tiles, after < c.pieces ? after : k);
            if (w.tiles > 0) {
                run(s, &w, after < c.pieces ? &next : NULL, &f[w.batch], &a);
                const int64_t c0 = w.first * TILE, c1 = at_most(w.last * TILE, s->c_out);
                const int64_t base = w.batch * s->n_out * s->c_out;
                if (s->after == MOMENTS)
                    piece_moments(s->y + base, s->c_out, w.t0, s->dilation, w.count, c0, c1, table + k * 3 * wide,
                                  table + (k * 3 + 1) * wide);
                if (s->after == GRADIENT)
                    piece_gradient(s->y + base, s->z + base, s->c_out, w.t0, s->dilation, w.count, c0, c1, &f[w.batch],
                                   (int)s->activation, s->slope, table + k * 3 * wide, wide);
            }
            k = after;
        }
        end_thread();
        free(a.rows), free(a.v), free(a.product);
    }

    if (!failed && s->after != NOTHING) join(s, &c, weight_tiles, table, wide);
    for (int64_t b = 0; f && b < s->batch; b++) free(f[b].scale);
    free(f), free(table);
    return failed ? -1 : 0;
}

/* --- the rest -------------------------------------------------------------------------------------------- */

#define STRETCH 64 /* rows summed in float before they go into double */

static int moments(const float *x, int64_t batch, int64_t n, int64_t c, int64_t threads, float *out) {
    const int64_t pieces = (n + STRETCH - 1) / STRETCH, wide = padded(c);
    if (batch == 0 || n == 0) return 0;
    float *table = new_floats(batch * pieces * 2 * wide);
    if (!table) return -1;
#pragma omp parallel for num_threads((int)threads) if (threads > 1) schedule(static)
    for (int64_t k = 0; k < batch * pieces; k++) {
        const int64_t t0 = k % pieces * STRETCH;
        piece_moments(x + k / pieces * n * c, c, t0, 1, at_most(STRETCH, n - t0), 0, c, table + 2 * k * wide,
                      table + (2 * k + 1) * wide);
    }
    for (int64_t b = 0; b < batch; b++)
        for (int64_t i = 0; i < c; i++) {
            double count = 0, mean = 0, squares = 0;
            for (int64_t k = 0; k < pieces; k++) {
                const float *sums = table + 2 * (b * pieces + k) * wide + i;
                const double more = (double)at_most(STRETCH, n - k * STRETCH), delta = sums[0] - mean;
                squares += sums[wide] + delta * delta * count * more / (count + more);
                mean += delta * more / (count + more);
                count += more;
            }
            out[2 * b * c + i] = (float)mean;
            out[(2 * b + 1) * c + i] = (float)(1.0 / sqrt(squares / count + EPSILON));
        }
    free(table);
    return 0;
}

/* dx = scale * (g - mean(g) - normalised x * mean(g * normalised x)) + add */
static int norm_backward(const float *g, const float *x, const float *mom, const float *affine, const float *sums,
                         const float *add, int64_t batch, int64_t affine_batch, int64_t n, int64_t c, int64_t threads,
                         float *dx) {
    const int64_t wide = padded(c);
    if (batch == 0 || n == 0) return 0;
    float *k = new_floats(batch * 3 * wide);
    if (!k) return -1;
    for (int64_t b = 0; b < batch; b++)
        for (int64_t i = 0; i < c; i++) { /* dx = k0 g + k1 x + k2 */
            const double mean = mom[2 * b * c + i], deviation = mom[(2 * b + 1) * c + i];
            const double scale = (1.0 + affine[(affine_batch > 1 ? 2 * b * c : 0) + i]) * deviation;
            const double slope = scale * deviation * sums[(3 * b + 1) * c + i] / (double)n;
            float *to = k + b * 3 * wide + i;
            to[0] = (float)scale;
            to[wide] = (float)-slope;
            to[2 * wide] = (float)(mean * slope - scale * sums[3 * b * c + i] / (double)n);
        }
#pragma omp parallel for num_threads((int)threads) if (threads > 1) schedule(static)
    for (int64_t t = 0; t < batch * n; t++) {
        const float *row = k + t / n * 3 * wide;
        for (int64_t i = 0; i < c; i += LANES) {
            const int64_t at = t * c + i, some = c - i;
            vf d = load_some(g + at, some) * load(row + i) + (load_some(x + at, some) * load(row + wide + i) + load(row + 2 * wide + i));
            if (add) d += load_some(add + at, some);
            store_some(dx + at, d, some);
        }
    }
    free(k);
    return 0;
}

const sayso_kernels PASTE(sayso_kernels_, NAME) = {TILE, DEEP, HALF, conv, moments, norm_backward};
