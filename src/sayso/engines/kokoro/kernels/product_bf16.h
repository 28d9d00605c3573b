/* The matrix product in tiles of bfloat16 with sums in float32 (Intel AMX). Part of rows.c.

   Convolutions go the direct way here: the tiles multiply an order of magnitude faster than vectors do, so that what
   Toom-Cook saves is less than what its transforms cost. Inputs are rounded to bfloat16 after the activation. */

#include <immintrin.h>

#define DEEP 32 /* input channels of one tile */
#define TALL 16 /* rows of one tile */
#define HALF 0
#define SPARE (2 * TALL) /* rows that are multiplied without being wanted, behind the last ones */
#undef PANEL
#define PANEL (2 * TALL)

static int64_t deep(int64_t c) { return (c + DEEP - 1) / DEEP * DEEP; }
static int64_t weights_of(const sayso_conv *s) { return s->parts * deep(s->c_in) * TILE; }
static int64_t weight_bytes(const sayso_conv *s) { (void)s; return sizeof(element); }
static int64_t panel_start(int64_t tiles, int64_t panels, int64_t k) { (void)panels; return at_most(k * PANEL, tiles); }

static void begin_thread(void) {
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int i = 0; i < 8; i++) shape.row_bytes[i] = 64, shape.rows[i] = TALL;
    _tile_loadconfig(&shape);
}
static void end_thread(void) { _tile_release(); }

/* product[row][0..TILE) = sum over chunks, parts, channels of v[row + part][channel] * w[...].
   v: [chunk][v_rows][CHUNK]; w: [chunk][part][DEEP channels][half of TILE][pair of channels][column][2]. */
static void multiply(const sayso_conv *s, const element *v, int64_t v_rows, const void *weights, float *product,
                     int64_t rows) {
    const element *w = weights;
    const int64_t all = deep(s->c_in);
    const int two = rows > TALL;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int64_t c0 = 0; c0 < all; c0 += CHUNK, v += v_rows * CHUNK) {
        const int64_t width = all - c0 < CHUNK ? all - c0 : CHUNK;
        for (int64_t j = 0; j < s->parts; j++)
            for (int64_t i = 0; i < width; i += DEEP, w += DEEP * TILE) {
                const element *p = v + j * CHUNK + i;
                for (int64_t k = 0; k < DEEP * TILE; k += 32) _mm_prefetch((const char *)(w + 2 * DEEP * TILE + k), _MM_HINT_T0);
                _tile_loadd(6, w, 64);
                _tile_loadd(7, w + DEEP * LANES, 64);
                _tile_loadd(4, p, CHUNK * 2);
                _tile_dpbf16ps(0, 4, 6);
                _tile_dpbf16ps(1, 4, 7);
                if (two) {
                    _tile_loadd(5, p + TALL * CHUNK, CHUNK * 2);
                    _tile_dpbf16ps(2, 5, 6);
                    _tile_dpbf16ps(3, 5, 7);
                }
            }
    }
    _tile_stored(0, product, TILE * 4);
    _tile_stored(1, product + LANES, TILE * 4);
    if (two) {
        _tile_stored(2, product + TALL * TILE, TILE * 4);
        _tile_stored(3, product + TALL * TILE + LANES, TILE * 4);
    }
}

INLINE void out_of_points(const float *product, int64_t apart, const float *matrix, int points, int outputs, vf *out) {
    (void)apart, (void)matrix, (void)points, (void)outputs;
    out[0] = load(product);
}

/* One row of act(x) to v, in chunks; x null: the zeros around x. */
INLINE void fill_row(const float *x, int64_t c, const channels *f, int kind, int plain, float slope, element *v,
                     int64_t v_rows) {
    const int64_t all = deep(c);
    for (int64_t i = 0; i < all; i += DEEP) {
        __m512 low = _mm512_setzero_ps(), high = low;
        if (x) {
            low = (__m512)activated(x + i, c - i, f, i, kind, plain, slope);
            if (i + LANES < c) high = (__m512)activated(x + i + LANES, c - i - LANES, f, i + LANES, kind, plain, slope);
        }
        _mm512_storeu_si512(v + i / CHUNK * v_rows * CHUNK + i % CHUNK, (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
}

static void fill(const sayso_conv *s, const piece *w, const channels *f, const scratch *a, int64_t v_rows) {
    const int64_t c = s->c_in;
    const int kind = s->after == GRADIENT ? LINEAR : (int)s->activation;
    const int plain = s->after == GRADIENT || (!s->moments && s->activation == LINEAR);
    const float *x = s->x + w->batch * s->n_in * c;
    for (int64_t k = 0; k < v_rows; k++) {
        const int64_t t = s->dilation * (w->tile + k) + w->phase - s->pad;
        const float *row = t >= 0 && t < s->n_in ? x + t * c : NULL;
        element *v = a->v + k * CHUNK;
        if (kind == SNAKE) fill_row(row, c, f, SNAKE, 0, s->slope, v, v_rows);
        else if (kind == LEAKY) fill_row(row, c, f, LEAKY, 0, s->slope, v, v_rows);
        else fill_row(row, c, f, LINEAR, plain, s->slope, v, v_rows);
    }
}

static int is_known(const sayso_conv *s) { return s->points == 1 && s->outputs == 1 && !s->half; }
