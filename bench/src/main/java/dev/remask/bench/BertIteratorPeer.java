package dev.remask.bench;

import java.io.InputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.deeplearning4j.iterator.BertIterator;
import org.deeplearning4j.iterator.LabeledSentenceProvider;
import org.deeplearning4j.iterator.bert.BertMaskedLMMasker;
import org.deeplearning4j.text.tokenization.tokenizer.TokenPreProcess;
import org.deeplearning4j.text.tokenization.tokenizer.Tokenizer;
import org.deeplearning4j.text.tokenization.tokenizerfactory.TokenizerFactory;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * DL4J's BertIterator, from tokens to batches of ids, masks and labels. It knows tokens as strings
 * and cuts text itself; here its sentences are numbers of segments and its tokenizer hands over the
 * segment's tokens, so that no cutting is measured.
 */
final class BertIteratorPeer {
  static final String NAME = "DL4J's BertIterator";

  private static final int BATCH = 32;

  private final List<List<String>> segments;
  private final BertIterator iterator;

  BertIteratorPeer(List<int[]> ids, int vocabularySize) {
    segments =
        ids.stream().map(s -> Arrays.stream(s).mapToObj(Integer::toString).toList()).toList();
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    IntStream.range(0, vocabularySize).forEach(id -> vocabulary.put(Integer.toString(id), id));
    iterator =
        BertIterator.builder()
            .task(BertIterator.Task.UNSUPERVISED)
            .tokenizer(new Tokens())
            .lengthHandling(BertIterator.LengthHandling.FIXED_LENGTH, ids.get(0).length)
            .minibatchSize(BATCH)
            .sentenceProvider(new Numbers())
            .featureArrays(BertIterator.FeatureArrays.INDICES_MASK)
            .vocabMap(vocabulary)
            .masker(new BertMaskedLMMasker(new Random(1), 0.15, 0.8, 0.1))
            .unsupervisedLabelFormat(BertIterator.UnsupervisedLabelFormat.RANK2_IDX)
            .maskToken(Integer.toString(vocabularySize - 1))
            .build();
  }

  /** Masks every segment; returns the number of tokens that came out. */
  long pass() {
    long tokens = 0;
    iterator.reset();
    while (iterator.hasNext()) {
      MultiDataSet batch = iterator.next();
      tokens += batch.getFeatures(0).length();
      batch.detach();
    }
    return tokens;
  }

  private final class Numbers implements LabeledSentenceProvider {
    private int next;

    @Override
    public boolean hasNext() {
      return next < segments.size();
    }

    @Override
    public Pair<String, String> nextSentence() {
      return Pair.of(Integer.toString(next++), "");
    }

    @Override
    public void reset() {
      next = 0;
    }

    @Override
    public int totalNumSentences() {
      return segments.size();
    }

    @Override
    public List<String> allLabels() {
      return List.of("");
    }

    @Override
    public int numLabelClasses() {
      return 1;
    }
  }

  private final class Tokens implements TokenizerFactory {
    @Override
    public Tokenizer create(String sentence) {
      return new Cut(segments.get(Integer.parseInt(sentence)));
    }

    @Override
    public Tokenizer create(InputStream sentence) {
      throw new UnsupportedOperationException("sentences are numbers here");
    }

    @Override
    public void setTokenPreProcessor(TokenPreProcess preProcessor) {
      throw new UnsupportedOperationException("tokens are ids here");
    }

    @Override
    public TokenPreProcess getTokenPreProcessor() {
      return token -> token;
    }
  }

  /** Tokens that are there already. */
  private static final class Cut implements Tokenizer {
    private final List<String> tokens;
    private int next;

    Cut(List<String> tokens) {
      this.tokens = tokens;
    }

    @Override
    public boolean hasMoreTokens() {
      return next < tokens.size();
    }

    @Override
    public int countTokens() {
      return tokens.size();
    }

    @Override
    public String nextToken() {
      return tokens.get(next++);
    }

    @Override
    public List<String> getTokens() {
      return tokens;
    }

    @Override
    public void setTokenPreProcessor(TokenPreProcess preProcessor) {
      throw new UnsupportedOperationException("tokens are ids here");
    }
  }
}
