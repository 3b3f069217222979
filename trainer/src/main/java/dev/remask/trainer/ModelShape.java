package dev.remask.trainer;

/**
 * The size of a RoBERTa encoder with a masked-language-model head.
 *
 * @param layers number of layers L
 * @param hidden width H, a multiple of {@code heads}
 * @param heads attention heads A
 * @param feedForward inner width F
 * @param vocabulary number of token ids V
 * @param positions tokens of a segment at most, T
 */
public record ModelShape(
    int layers, int hidden, int heads, int feedForward, int vocabulary, int positions) {}
