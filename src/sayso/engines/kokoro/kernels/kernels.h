/* What the Python side (library.py) and the C files agree on. Keep the two in step; ABI says so. */
#ifndef SAYSO_KERNELS_H
#define SAYSO_KERNELS_H

#include <stdint.h>

#define SAYSO_ABI 3

#if defined(_WIN32)
#define SAYSO_API __declspec(dllexport)
#else
#define SAYSO_API __attribute__((visibility("default")))
#endif

enum activation { LINEAR = 0, LEAKY = 1, SNAKE = 2 };
enum after { NOTHING = 0, MOMENTS = 1, GRADIENT = 2 };

/* Input channels come in chunks of this many, so that the rows of a chunk lie close together. */
#define CHUNK 64

/* One 1-D convolution over rows: x (batch, n_in, c_in) -> y (batch, n_out, c_out), stride 1.

   y[t] = gain * (bias + residual[t] + extra[t] + sum_k w[k] act(x)[t + dilation * k - pad])

   act(x) is zero outside of x; inside it is the activation of scale * x + shift. */
typedef struct {
    int64_t batch, n_in, n_out, c_in, c_out;
    int64_t dilation, pad;
    /* Toom-Cook: a tile gives `outputs` results from `points` products; the kernel is cut in `parts` pieces. */
    int64_t outputs, points, parts;
    int64_t threads;
    int64_t activation, after;
    int64_t affine_batch;       /* 1: one affine for all of the batch */
    int64_t half;               /* weights are float16 instead of float; only where the table says so */
    float slope, gain;          /* of LEAKY; of the result */
    const float *x;
    const float *moments;       /* (batch, 2, c_in): mean and 1 / deviation, or null: no normalisation */
    const float *affine;        /* (affine_batch, 2, c_in): gamma, beta; with `moments` only */
    const float *alpha;         /* (c_in), SNAKE only */
    const void *weights;        /* packed: float [c_out / tile][point][chunk][part][channel][tile], or as product_bf16.h says */
    const float *in_matrix;     /* (points, points) */
    const float *out_matrix;    /* (outputs, points) */
    const float *bias;          /* (c_out) or null */
    const float *residual;      /* like y, or null */
    const float *extra;         /* like y, or null */
    float *y;
    float *moments_out;         /* MOMENTS: (batch, 2, c_out) of y */
    /* GRADIENT: y is the gradient of act(z); turn it into that of scale * z + shift, and sum it up.
       The activation, moments, affine, alpha are those of z, and x goes in as it is. */
    const float *z;             /* like y */
    float *sums;                /* (batch, 3, c_out): of g, of g * normalised z, of the gradient of alpha */
} sayso_conv;

typedef struct {
    int64_t tile;               /* output channels a tile of packed weights */
    int64_t deep;               /* input channels a tile of bfloat16 weights; 0: weights are float32 */
    int64_t half;               /* whether weights may be float16 */
    int (*conv)(const sayso_conv *);
    int (*moments)(const float *x, int64_t batch, int64_t n, int64_t c, int64_t threads, float *out);
    int (*norm_backward)(const float *g, const float *x, const float *moments, const float *affine, const float *sums,
                         const float *add, int64_t batch, int64_t affine_batch, int64_t n, int64_t c, int64_t threads,
                         float *dx);
} sayso_kernels;

#endif
