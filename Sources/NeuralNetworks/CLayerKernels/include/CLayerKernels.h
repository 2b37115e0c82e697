// Inner loops of the layers of NeuralNetworks: float32, row-major, channels last.
//
// Every function is a plain loop over buffers that the caller owns and that do not overlap unless it says so.
// `accumulate` non-zero adds to the destination, zero overwrites it. Built once per CPU level (see LAYER_KERNEL),
// so the loops use AVX2 or AVX-512 where the machine has them, without compiler flags.
#ifndef VEDETTE_CLAYERKERNELS_H
#define VEDETTE_CLAYERKERNELS_H
#include <stddef.h>
#include <stdint.h>

// One image of a convolution: [height, width, channels] seen through a kernel.
typedef struct {
    ptrdiff_t height, width, channels;
    ptrdiff_t kernel_height, kernel_width, stride, pad_top, pad_left;
    ptrdiff_t out_height, out_width;
} layer_window;

// Copies images of `height` lines of `line` floats into larger ones, `top` lines below and `left` floats to the right,
// with zeros around.
void layer_border(const float *images, float *bordered, size_t count, size_t height, size_t line, size_t top,
                  size_t left, size_t bordered_height, size_t bordered_line);

// The same for windows whose cells lie `dilation` apart, over the channels [first, first + count):
// columns are [out_height * out_width, kernel_height * kernel_width * count].
void layer_im2col_slice(const float *image, float *columns, const layer_window *window, ptrdiff_t dilation,
                        ptrdiff_t first, ptrdiff_t count);
void layer_col2im_slice(const float *columns, float *image, const layer_window *window, ptrdiff_t dilation,
                        ptrdiff_t first, ptrdiff_t count);

// A convolution of each channel with its own kernel, weight [kernel_height, kernel_width, channels]: adds to `out`, its
// transpose to `image`, and the weight's gradient to `weight`.
void layer_depthwise(const float *image, const float *weight, float *out, const layer_window *window,
                     ptrdiff_t dilation);
void layer_depthwise_transposed(const float *out, const float *weight, float *image, const layer_window *window,
                                ptrdiff_t dilation);
void layer_depthwise_weight(const float *image, const float *out, float *weight, const layer_window *window,
                            ptrdiff_t dilation);

// Maximum under each window; `position` gets the offset within the image of the value chosen. NaN wins.
void layer_max_pool(const float *image, float *out, int32_t *position, const layer_window *window);
// The same without the offsets.
void layer_max_pool_values(const float *image, float *out, const layer_window *window);
// Adds each output's gradient to the value that it was chosen from.
void layer_max_pool_backward(const float *gradient, const int32_t *position, float *image_gradient, size_t count);
// Mean of the values under each window that lie inside the image.
void layer_average_pool(const float *image, float *out, const layer_window *window);
void layer_average_pool_backward(const float *gradient, float *image_gradient, const layer_window *window);

// y[r, c] = start[r, c] + sum over k of x[r, k] * weight[k, c], and 0 where that is below 0 and `rectify` is set. The start
// is y itself with `accumulate`, else bias[c], else 0 where the bias is NULL. For small products, whose time a product of
// large matrices would spend on packing. Each element is one sum in the order of k.
void layer_dense_rows(const float *x, const float *weight, const float *bias, float *y, size_t rows, size_t channels,
                      size_t units, int accumulate, int rectify);

// y[r, c] = bias[c].
void layer_fill_rows(const float *bias, float *y, size_t rows, size_t channels);
// sums[c] (+)= sum over rows of x[r, c].
void layer_column_sums(const float *x, float *sums, size_t rows, size_t channels, int accumulate);

// y (+)= factor * x.
void layer_scale(const float *x, float *y, size_t count, float factor, int accumulate);
// y (+)= x * mask.
void layer_multiply(const float *x, const float *mask, float *y, size_t count, int accumulate);
// y[r, c] (+)= x[r, c] * scale[c] + shift[c].
void layer_affine(const float *x, const float *scale, const float *shift, float *y, size_t rows, size_t channels,
                  int accumulate);

// What is below 0 becomes 0, in place; NaN stays NaN.
void layer_rectify(float *x, size_t count);
// y = x where x > 0, else slope * x; and its gradient, read from y (slope >= 0).
void layer_leaky_relu(const float *x, float *y, size_t count, float slope);
void layer_leaky_relu_backward(const float *y, const float *dy, float *dx, size_t count, float slope, int accumulate);
// y holds exp(min(x, 0)) on entry: y = x where x > 0, else alpha * (y - 1).
void layer_elu_from_exp(const float *x, float *y, size_t count, float alpha);
void layer_elu_backward(const float *y, const float *dy, float *dx, size_t count, float alpha, int accumulate);
// The same with the constants of SELU: scale * (x or alpha * (y - 1)).
void layer_selu_from_exp(const float *x, float *y, size_t count);
void layer_selu_backward(const float *y, const float *dy, float *dx, size_t count, int accumulate);
void layer_sigmoid_backward(const float *y, const float *dy, float *dx, size_t count, int accumulate);
void layer_tanh_backward(const float *y, const float *dy, float *dx, size_t count, int accumulate);
// dx = y * (dy - sum(y * dy)), row by row.
void layer_softmax_backward(const float *y, const float *dy, float *dx, size_t rows, size_t channels, int accumulate);

// Element by element, y = f(x); the gradients are computed from x. The functions are those of the enumeration
// Activation, and the standard normal distribution function.
void layer_gelu(const float *x, float *y, size_t count);
void layer_gelu_backward(const float *x, const float *dy, float *dx, size_t count, int accumulate);
void layer_gelu_tanh(const float *x, float *y, size_t count);
void layer_gelu_tanh_backward(const float *x, const float *dy, float *dx, size_t count, int accumulate);
void layer_silu(const float *x, float *y, size_t count);
void layer_silu_backward(const float *x, const float *dy, float *dx, size_t count, int accumulate);
void layer_mish(const float *x, float *y, size_t count);
void layer_mish_backward(const float *x, const float *dy, float *dx, size_t count, int accumulate);
void layer_softplus(const float *x, float *y, size_t count);
void layer_softplus_backward(const float *x, const float *dy, float *dx, size_t count, int accumulate);
void layer_relu6(const float *x, float *y, size_t count);
void layer_relu6_backward(const float *x, const float *dy, float *dx, size_t count, int accumulate);
void layer_hard_tanh(const float *x, float *y, size_t count);
void layer_hard_tanh_backward(const float *x, const float *dy, float *dx, size_t count, int accumulate);
void layer_hard_sigmoid(const float *x, float *y, size_t count);
void layer_hard_sigmoid_backward(const float *x, const float *dy, float *dx, size_t count, int accumulate);
void layer_hard_silu(const float *x, float *y, size_t count);
void layer_hard_silu_backward(const float *x, const float *dy, float *dx, size_t count, int accumulate);
void layer_normal_distribution(const float *x, float *y, size_t count);
void layer_normal_distribution_backward(const float *x, const float *dy, float *dx, size_t count, int accumulate);
// dx = dy - exp(y) * sum(dy), row by row.
void layer_log_softmax_backward(const float *y, const float *dy, float *dx, size_t rows, size_t channels,
                                int accumulate);

// Mean over `positions` and the channels of each group of each sample [positions, channels], normalised, then scaled and
// shifted channel by channel. Writes mean and 1 / deviation, [samples, groups].
void layer_group_normalisation(const float *x, const float *scale, const float *shift, float *y, float *mean,
                               float *inverse_deviation, size_t samples, size_t positions, size_t channels,
                               size_t groups, float epsilon);
void layer_group_normalisation_backward(const float *x, const float *dy, const float *scale, const float *mean,
                                        const float *inverse_deviation, float *dx, size_t samples, size_t positions,
                                        size_t channels, size_t groups, int accumulate);
// Per channel: sum of dy, and sum of dy times the normalised x, in double.
void layer_group_normalisation_sums(const float *x, const float *dy, const float *mean, const float *inverse_deviation,
                                    size_t samples, size_t positions, size_t channels, size_t groups, double *sum,
                                    double *weighted_sum);

// Per channel: the sum over rows of x, and of the square of x - mean, in double. A variance is the mean of the latter: the
// difference of two large sums would lose the variance of a far-off channel.
void layer_channel_sums(const float *x, size_t rows, size_t channels, double *sums);
void layer_centred_squares(const float *x, const float *mean, size_t rows, size_t channels, double *sums);
// Per channel: sum of dy, and sum of dy * (x - mean) * inverse_deviation, in double.
void layer_normalisation_sums(const float *x, const float *dy, const float *mean, const float *inverse_deviation,
                              size_t rows, size_t channels, double *sum, double *weighted_sum);
// dx (+)= a[c] * dy + b[c] * x + k[c].
void layer_normalisation_backward(const float *x, const float *dy, const float *a, const float *b, const float *k,
                                  float *dx, size_t rows, size_t channels, int accumulate);

// Nearest-neighbour enlargement of one image by a whole factor, and its gradient.
void layer_upsample(const float *image, float *out, size_t height, size_t width, size_t channels, size_t factor);
void layer_upsample_backward(const float *gradient, float *image_gradient, size_t height, size_t width, size_t channels,
                             size_t factor);

// One time step of an LSTM for `rows` sequences. `gates` [rows, 4 * units] (input, forget, cell, output) holds the sums
// on entry and the activated gates afterwards.
void layer_lstm_step(float *gates, const float *cell_before, float *cell, float *hidden, size_t rows, size_t units);
// Its gradient: `dcell` holds what the next step passed back and gets what this one passes back.
void layer_lstm_step_backward(const float *gates, const float *cell_before, const float *cell, const float *dhidden,
                              float *dcell, float *dgates, size_t rows, size_t units);
// One time step of a GRU. `gates` [rows, 3 * units] (reset, update, candidate) holds the input's share of the sums on
// entry and the activated gates afterwards, `recurrent` the state's share, which the reset gate scales.
void layer_gru_step(float *gates, const float *recurrent, const float *hidden_before, float *hidden, size_t rows,
                    size_t units);
// Its gradient: on exit `dhidden` holds what passes back beside the gates.
void layer_gru_step_backward(const float *gates, const float *recurrent, const float *hidden_before, float *dhidden,
                             float *dgates, float *drecurrent, size_t rows, size_t units);

// Sum over rows of softmax cross-entropy against integer labels, targets smoothed towards uniform by `smoothing`.
// Writes the softmax of every row.
double layer_softmax_cross_entropy(const float *logits, const float *labels, float *probabilities, size_t rows,
                                   size_t classes, float smoothing);

// One step of Adam (Kingma and Ba, 2015). `coupled` weight decay is part of the gradient, `decoupled` is taken off the
// weight (Loshchilov and Hutter, 2019). `rate` already holds the bias corrections' ratio; `epsilon_hat` is epsilon
// scaled to match.
void layer_adam(float *weight, const float *gradient, float *first, float *second, size_t count, float rate,
                float beta1, float beta2, float epsilon_hat, float coupled, float decoupled);
// One step of gradient descent with momentum, g being the gradient with its decay: v = momentum * v + g, and the weight
// moves by v, or with Nesterov's look ahead by g + momentum * v.
void layer_momentum(float *weight, const float *gradient, float *velocity, size_t count, float rate, float momentum,
                    int nesterov, float decay);
// One step of RMSprop (Tieleman and Hinton, 2012), g being the gradient with its decay.
void layer_rms_prop(float *weight, const float *gradient, float *velocity, float *square, size_t count, float rate,
                    float smoothing, float momentum, float epsilon, float decay);
// The sum of squares, in double.
double layer_sum_of_squares(const float *x, size_t count);
// x *= factor.
void layer_scale_in_place(float *x, size_t count, float factor);
// Brings every value into -limit ... limit; NaN stays.
void layer_clamp(float *x, size_t count, float limit);
#endif
