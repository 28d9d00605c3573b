/* The matrix product in float32, with fewer multiplications by Toom-Cook. Part of rows.c. */

#define SPARE 0
#define DEEP 0

/* Weights of half the size: rounded to 11 bits, multiplied and added up in float32 like the others. */
#if defined(__F16C__) && LANES == 8
#include <immintrin.h>
#define HALF 1
INLINE vf load_half(const uint16_t *p) { return (vf)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
#elif defined(__AVX512F__) && LANES == 16
#include <immintrin.h>
#define HALF 1
INLINE vf load_half(const uint16_t *p) { return (vf)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
#else
#define HALF 0
#endif

static int64_t weights_of(const sayso_conv *s) { return s->parts * s->c_in * TILE; }

/* Panels of nearly equal height: a last one of two rows would run at a fraction of the speed. */
static int64_t panel_start(int64_t tiles, int64_t panels, int64_t k) { return tiles * k / panels; }

static void begin_thread(void) {}
static void end_thread(void) {}

/* One row of act(x) to `out` (padded(c) floats); x null: the zeros around x. */
INLINE void activate(const float *x, int64_t c, const channels *f, int kind, int plain, float slope, float *out) {
    if (!x) {
        memset(out, 0, (size_t)padded(c) * sizeof(float));
        return;
    }
    for (int64_t i = 0; i < c; i += LANES) store(out + i, activated(x + i, c - i, f, i, kind, plain, slope));
}
static void activate_row(const float *x, int64_t c, const channels *f, int kind, int plain, float slope, float *out) {
    if (kind == SNAKE) activate(x, c, f, SNAKE, 0, slope, out);
    else if (kind == LEAKY) activate(x, c, f, LEAKY, 0, slope, out);
    else activate(x, c, f, LINEAR, plain, slope, out);
}

/* --- the matrix product --------------------------------------------------------------------------------- */

/* product[row][0..TILE) = sum over chunks, parts, channels of v[row + part][channel] * w[channel][0..TILE).
   v: [chunk][v_rows][CHUNK]; w: [chunk][part][channel][TILE], floats (whole) or of half the size (half). */
typedef void (*panel)(const float *v, int64_t v_rows, int64_t c, int64_t parts, const void *weights, float *product);

#define DEFINE_PANEL(R, KIND, NUMBER, LOAD)                                                                          \
    static void KIND##_##R(const float *v, int64_t v_rows, int64_t c, int64_t parts, const void *weights,             \
                           float *product) {                                                                         \
        const NUMBER *w = weights;                                                                                   \
        vf a[R], b[R];                                                                                               \
        _Pragma("GCC unroll 16") for (int r = 0; r < R; r++) a[r] = b[r] = splat(0.0f);                              \
        for (int64_t c0 = 0; c0 < c; c0 += CHUNK, v += v_rows * CHUNK) {                                             \
            const int64_t width = c - c0 < CHUNK ? c - c0 : CHUNK;                                                   \
            for (int64_t j = 0; j < parts; j++) {                                                                    \
                const float *p = v + j * CHUNK;                                                                      \
                for (int64_t i = 0; i < width; i++, w += TILE, p++) {                                                \
                    const vf w0 = LOAD(w), w1 = LOAD(w + LANES);                                                     \
                    _Pragma("GCC unroll 16") for (int r = 0; r < R; r++) {                                           \
                        const vf x = splat(p[r * CHUNK]);                                                            \
                        a[r] += x * w0;                                                                              \
                        b[r] += x * w1;                                                                              \
                    }                                                                                                \
                }                                                                                                    \
            }                                                                                                        \
        }                                                                                                            \
        _Pragma("GCC unroll 16") for (int r = 0; r < R; r++) {                                                       \
            store(product + r * TILE, a[r]);                                                                         \
            store(product + r * TILE + LANES, b[r]);                                                                 \
        }                                                                                                            \
    }
#define DEFINE_PANELS(KIND, NUMBER, LOAD)                                                                            \
    DEFINE_PANEL(1, KIND, NUMBER, LOAD) DEFINE_PANEL(2, KIND, NUMBER, LOAD) DEFINE_PANEL(3, KIND, NUMBER, LOAD)      \
    DEFINE_PANEL(4, KIND, NUMBER, LOAD) DEFINE_PANEL(5, KIND, NUMBER, LOAD) DEFINE_PANEL(6, KIND, NUMBER, LOAD)
#define DEFINE_HIGH_PANELS(KIND, NUMBER, LOAD)                                                                       \
    DEFINE_PANEL(7, KIND, NUMBER, LOAD) DEFINE_PANEL(8, KIND, NUMBER, LOAD) DEFINE_PANEL(9, KIND, NUMBER, LOAD)      \
    DEFINE_PANEL(10, KIND, NUMBER, LOAD) DEFINE_PANEL(11, KIND, NUMBER, LOAD) DEFINE_PANEL(12, KIND, NUMBER, LOAD)   \
    DEFINE_PANEL(13, KIND, NUMBER, LOAD) DEFINE_PANEL(14, KIND, NUMBER, LOAD)
#define LOW(KIND) 0, KIND##_1, KIND##_2, KIND##_3, KIND##_4, KIND##_5, KIND##_6
#if PANEL > 6
#define DEFINE_ALL(KIND, NUMBER, LOAD) DEFINE_PANELS(KIND, NUMBER, LOAD) DEFINE_HIGH_PANELS(KIND, NUMBER, LOAD)
#define ALL(KIND) LOW(KIND), KIND##_7, KIND##_8, KIND##_9, KIND##_10, KIND##_11, KIND##_12, KIND##_13, KIND##_14
#else
#define DEFINE_ALL(KIND, NUMBER, LOAD) DEFINE_PANELS(KIND, NUMBER, LOAD)
#define ALL(KIND) LOW(KIND)
#endif

DEFINE_ALL(whole, float, load)
static const panel WHOLE[PANEL + 1] = {ALL(whole)};
#if HALF
DEFINE_ALL(half, uint16_t, load_half)
static const panel HALVES[PANEL + 1] = {ALL(half)};
#endif

static int64_t weight_bytes(const sayso_conv *s) { return s->half ? sizeof(uint16_t) : sizeof(float); }

static void multiply(const sayso_conv *s, const float *v, int64_t v_rows, const void *w, float *product, int64_t rows) {
#if HALF
    if (s->half) {
        HALVES[rows](v, v_rows, s->c_in, s->parts, w, product);
        return;
    }
#endif
    WHOLE[rows](v, v_rows, s->c_in, s->parts, w, product);
}

/* --- Toom-Cook transforms ------------------------------------------------------------------------------- */

/* `points` rows of act(x), `wide` apart, to one row of every point of v. */
INLINE void into_points(const float *rows, int64_t wide, int64_t c, const float *matrix, int points, float *v,
                        int64_t v_rows, int64_t v_point) {
    for (int64_t i = 0; i < c; i += LANES) {
        vf x[MAX_POINTS];
        _Pragma("GCC unroll 16") for (int n = 0; n < points; n++) x[n] = load(rows + n * wide + i);
        float *out = v + i / CHUNK * v_rows * CHUNK + i % CHUNK;
        for (int p = 0; p < points; p++) {
            const float *m = matrix + p * points;
            vf even = x[0] * m[0], odd = splat(0.0f);
            _Pragma("GCC unroll 16") for (int n = 1; n < points; n++) {
                if (n & 1) odd += x[n] * m[n];
                else even += x[n] * m[n];
            }
            store(out + p * v_point, even + odd);
        }
    }
}

/* One vector of one tile: `points` products, `apart` floats from one another, to `outputs` results. */
INLINE void out_of_points(const float *product, int64_t apart, const float *matrix, int points, int outputs, vf *out) {
    if (points == 1) {
        out[0] = load(product);
        return;
    }
    vf x[MAX_POINTS];
    _Pragma("GCC unroll 16") for (int p = 0; p < points; p++) x[p] = load(product + p * apart);
    _Pragma("GCC unroll 16") for (int o = 0; o < outputs; o++) {
        const float *m = matrix + o * points;
        vf even = x[0] * m[0], odd = splat(0.0f);
        _Pragma("GCC unroll 16") for (int p = 1; p < points; p++) {
            if (p & 1) odd += x[p] * m[p];
            else even += x[p] * m[p];
        }
        out[o] = even + odd;
    }
}

static void fill(const sayso_conv *s, const piece *w, const channels *f, const scratch *a, int64_t v_rows) {
    /* `rows` is a window of act(x) that slides from tile to tile: neighbours share points - outputs rows. */
    const int64_t c = s->c_in, wide = padded(c), d = s->dilation, N = s->points, m = s->outputs;
    const int64_t v_point = (c + CHUNK - 1) / CHUNK * v_rows * CHUNK;
    const int plain = !s->moments && s->activation == LINEAR;
    const int kind = s->after == GRADIENT ? LINEAR : (int)s->activation;
    const float *x = s->x + w->batch * s->n_in * c;
    const int64_t window = 8; /* tiles a window */
    const int64_t keep = N - m;
    int64_t have = 0;
    for (int64_t k0 = 0; k0 < v_rows; k0 += window) {
        const int64_t tiles = v_rows - k0 < window ? v_rows - k0 : window;
        const int64_t need = tiles * m + keep;
        if (k0) {
            memmove(a->rows, a->rows + window * m * wide, (size_t)(keep * wide) * sizeof(float));
            have = keep;
        }
        for (int64_t k = have; k < need; k++) {
            const int64_t t = d * (m * (w->tile + k0) + k) + w->phase - s->pad;
            activate_row(t >= 0 && t < s->n_in ? x + t * c : NULL, c, f, kind, plain || s->after == GRADIENT, s->slope,
                         a->rows + k * wide);
        }
        for (int64_t k = 0; k < tiles; k++) {
            const float *rows = a->rows + k * m * wide;
            float *v = a->v + (k0 + k) * CHUNK;
            if (N == 1)
                for (int64_t i = 0; i < c; i += CHUNK)
                    memcpy(v + i * v_rows, rows + i, (size_t)(wide - i < CHUNK ? wide - i : CHUNK) * sizeof(float));
            else if (N == 6) into_points(rows, wide, c, s->in_matrix, 6, v, v_rows, v_point);
            else if (N == 10) into_points(rows, wide, c, s->in_matrix, 10, v, v_rows, v_point);
            else into_points(rows, wide, c, s->in_matrix, 11, v, v_rows, v_point);
        }
    }
}

static int is_known(const sayso_conv *s) {
    if (s->half && !HALF) return 0;
    return (s->points == 1 && s->outputs == 1) || (s->points == 6 && s->outputs == 4) ||
           (s->points == 10 && s->outputs == 4) || (s->points == 11 && s->outputs == 6);
}
