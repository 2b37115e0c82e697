#include "layer_kernel.h"
#include "vedette_functions.h"

// Gates lie side by side in a row: input, forget, cell, output, each of `units`.
LAYER_KERNEL
void layer_lstm_step(float *restrict gates, const float *restrict cell_before, float *restrict cell,
                     float *restrict hidden, size_t rows, size_t units) {
    for (size_t r = 0; r < rows; r++, gates += 4 * units, cell_before += units, cell += units, hidden += units) {
        float *input = gates, *forget = gates + units, *candidate = gates + 2 * units, *output = gates + 3 * units;
        LAYER_ELEMENTWISE
        for (size_t u = 0; u < 2 * units; u++) gates[u] = sigmoid_of(gates[u]);
        LAYER_ELEMENTWISE
        for (size_t u = 0; u < units; u++) candidate[u] = tanh_of(candidate[u]);
        LAYER_ELEMENTWISE
        for (size_t u = 0; u < units; u++) output[u] = sigmoid_of(output[u]);
        LAYER_ELEMENTWISE
        for (size_t u = 0; u < units; u++) {
            cell[u] = forget[u] * cell_before[u] + input[u] * candidate[u];
            hidden[u] = output[u] * tanh_of(cell[u]);
        }
    }
}

LAYER_KERNEL
void layer_lstm_step_backward(const float *restrict gates, const float *restrict cell_before,
                              const float *restrict cell, const float *restrict dhidden, float *restrict dcell,
                              float *restrict dgates, size_t rows, size_t units) {
    for (size_t r = 0; r < rows; r++) {
        const float *input = gates, *forget = gates + units, *candidate = gates + 2 * units, *output = gates + 3 * units;
        LAYER_ELEMENTWISE
        for (size_t u = 0; u < units; u++) {
            const float t = tanh_of(cell[u]);
            const float dc = dcell[u] + dhidden[u] * output[u] * (1.0f - t * t);
            dgates[u] = dc * candidate[u] * input[u] * (1.0f - input[u]);
            dgates[units + u] = dc * cell_before[u] * forget[u] * (1.0f - forget[u]);
            dgates[2 * units + u] = dc * input[u] * (1.0f - candidate[u] * candidate[u]);
            dgates[3 * units + u] = dhidden[u] * t * output[u] * (1.0f - output[u]);
            dcell[u] = dc * forget[u];
        }
        gates += 4 * units, dgates += 4 * units;
        cell_before += units, cell += units, dhidden += units, dcell += units;
    }
}

// Gates lie side by side in a row: reset, update, candidate, each of `units`.
LAYER_KERNEL
void layer_gru_step(float *restrict gates, const float *restrict recurrent, const float *restrict hidden_before,
                    float *restrict hidden, size_t rows, size_t units) {
    for (size_t r = 0; r < rows; r++) {
        float *reset = gates, *update = gates + units, *candidate = gates + 2 * units;
        LAYER_ELEMENTWISE
        for (size_t u = 0; u < 2 * units; u++) gates[u] = sigmoid_of(gates[u] + recurrent[u]);
        LAYER_ELEMENTWISE
        for (size_t u = 0; u < units; u++) candidate[u] = tanh_of(candidate[u] + reset[u] * recurrent[2 * units + u]);
        LAYER_ELEMENTWISE
        for (size_t u = 0; u < units; u++)
            hidden[u] = (1.0f - update[u]) * candidate[u] + update[u] * hidden_before[u];
        gates += 3 * units, recurrent += 3 * units, hidden_before += units, hidden += units;
    }
}

LAYER_KERNEL
void layer_gru_step_backward(const float *restrict gates, const float *restrict recurrent,
                             const float *restrict hidden_before, float *restrict dhidden, float *restrict dgates,
                             float *restrict drecurrent, size_t rows, size_t units) {
    for (size_t r = 0; r < rows; r++) {
        const float *reset = gates, *update = gates + units, *candidate = gates + 2 * units;
        LAYER_ELEMENTWISE
        for (size_t u = 0; u < units; u++) {
            const float dh = dhidden[u];
            const float dn = dh * (1.0f - update[u]) * (1.0f - candidate[u] * candidate[u]);
            const float dz = dh * (hidden_before[u] - candidate[u]) * update[u] * (1.0f - update[u]);
            const float dr = dn * recurrent[2 * units + u] * reset[u] * (1.0f - reset[u]);
            dgates[u] = drecurrent[u] = dr;
            dgates[units + u] = drecurrent[units + u] = dz;
            dgates[2 * units + u] = dn;
            drecurrent[2 * units + u] = dn * reset[u];
            dhidden[u] = dh * update[u];
        }
        gates += 3 * units, dgates += 3 * units, recurrent += 3 * units, drecurrent += 3 * units;
        hidden_before += units, dhidden += units;
    }
}
