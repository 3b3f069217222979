package dev.remask.app;

/**
 * What a demo did, this call of it; {@code --json} prints it in snake case. Losses are means in
 * nats per token, times are seconds since the start; NaN, in JSON null, for what there was not.
 *
 * @param documents of the dataset: records of the documents topic that were packed, held out or
 *     waiting
 * @param deadLetters documents refused by ingest or by the packer
 * @param epochs passes over the text that were learned: the live lane and the replays
 * @param examples learned, of all epochs
 * @param examplesVerified of these, read from the topic and found equal to what segment and plan
 *     give
 * @param finalLoss over the last 50 steps
 * @param heldoutLoss over all selected tokens of the held-out text
 * @param heldoutMaskLoss at {@code <mask>} only
 * @param unigramMaskLoss of the unigram baseline there
 * @param heldout all that is known of how the held-out text is predicted
 * @param firstStepAt when the first step was learned
 * @param lastDocumentAt when the last new document was sent
 * @param waitingShare of the time of the replays, what went into waiting for examples
 */
record DemoReport(
    long documents,
    long heldoutDocuments,
    long deadLetters,
    long segments,
    int epochs,
    long examples,
    long examplesVerified,
    long steps,
    int logicalBatch,
    long tokensTrained,
    double initialLoss,
    double finalLoss,
    double heldoutLoss,
    double heldoutMaskLoss,
    double unigramLoss,
    double unigramMaskLoss,
    HeldOutFigures heldout,
    double firstStepAt,
    double lastDocumentAt,
    double waitingShare,
    double seconds,
    String checkpoint) {}
