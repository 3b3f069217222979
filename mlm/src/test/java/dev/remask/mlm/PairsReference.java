package dev.remask.mlm;

import dev.remask.mlm.PackerTest.Document;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Pairs as BERT's program makes them, with lists and one token at a time; what is drawn comes from
 * the places that the contract names.
 */
final class PairsReference {
  private record Excerpt(String document, List<List<Integer>> sentences) {
    int bytes() {
      int tokens = sentences.stream().mapToInt(sentence -> sentence.size() + 1).sum();
      return 4 * tokens + document.length();
    }
  }

  final List<TokenSegment> segments = new ArrayList<>();
  long truncated;
  long repeated;

  private final boolean sentencePairs;
  private final int textMax;
  private final Draws.Key key;
  private final int partition;
  private final List<Excerpt> excerpts = new ArrayList<>();

  PairsReference(boolean sentencePairs, int segmentLength, String dataset, int partition) {
    this.sentencePairs = sentencePairs;
    this.textMax = segmentLength - 3;
    this.key = Draws.Key.of("remask-pair-1\n" + dataset);
    this.partition = partition;
  }

  /** Draw i of the segment that comes next, in [0, 1). */
  private double random(long i) {
    return (key.draws(partition, segments.size()).draw(i) >>> 32) / 0x1p32;
  }

  /** Draw i as one of 0 ... n - 1. */
  private int random(long i, int n) {
    return (int) (random(i) * n);
  }

  void add(Document added) {
    List<List<Integer>> document = cut(added);
    List<Excerpt> left = document.isEmpty() ? List.of() : excerpts(added.id(), document);
    int target = textMax;
    if (!sentencePairs && random(0) < 0.1) {
      target = 2 + random(1, textMax - 1);
    }
    List<List<Integer>> chunk = new ArrayList<>();
    for (int i = 0; i < document.size(); i++) {
      chunk.add(document.get(i));
      boolean full = sentencePairs ? chunk.size() == 2 : size(chunk) >= target;
      if (full || i == document.size() - 1) {
        i -= pair(added.id(), chunk, target);
        chunk.clear();
      }
    }
    if (!left.isEmpty()) {
      excerpts.removeIf(excerpt -> excerpt.document().equals(added.id()));
    }
    excerpts.addAll(left);
    while (excerpts.size() > 32 || excerpts.stream().mapToInt(Excerpt::bytes).sum() > 65536) {
      excerpts.remove(0);
    }
  }

  private List<List<Integer>> cut(Document document) {
    List<List<Integer>> sentences = new ArrayList<>();
    for (int[] sentence : document.sentences()) {
      List<Integer> rest = new ArrayList<>(IntStream.of(sentence).boxed().toList());
      while (!rest.isEmpty()) {
        List<Integer> piece = rest.subList(0, Math.min(rest.size(), textMax - 1));
        sentences.add(List.copyOf(piece));
        piece.clear();
      }
    }
    return sentences;
  }

  /** Returns how many sentences are put back. */
  private int pair(String id, List<List<Integer>> chunk, int target) {
    List<Excerpt> others =
        excerpts.stream().filter(excerpt -> !excerpt.document().equals(id)).toList();
    if (chunk.size() == 1 && others.isEmpty()) {
      List<Integer> alone = chunk.get(0);
      if (alone.size() == 1) {
        truncated++;
      } else {
        int middle = alone.size() - alone.size() / 2;
        emit(id, id, alone.subList(0, middle), alone.subList(middle, alone.size()));
      }
      return 0;
    }
    int end = chunk.size() == 1 ? 1 : 1 + random(3, chunk.size() - 1);
    List<Integer> first = flat(chunk.subList(0, end));
    if (others.isEmpty() || (chunk.size() > 1 && random(2) >= 0.5)) {
      emit(id, id, first, flat(chunk.subList(end, chunk.size())));
      return 0;
    }
    Excerpt partner = others.get(random(4, others.size()));
    int wanted = target - first.size();
    List<Integer> starts = starts(partner.sentences(), sentencePairs ? 0 : wanted);
    List<Integer> second = new ArrayList<>();
    for (int j = starts.get(random(5, starts.size())); j < partner.sentences().size(); j++) {
      second.addAll(partner.sentences().get(j));
      if (sentencePairs || second.size() >= wanted) {
        break;
      }
    }
    emit(id, partner.document(), first, second);
    return chunk.size() - end;
  }

  private void emit(String id, String other, List<Integer> a, List<Integer> b) {
    List<Integer> first = new ArrayList<>(a);
    List<Integer> second = new ArrayList<>(b);
    boolean next = id.equals(other);
    for (long k = 0; first.size() + second.size() > textMax; k++) {
      List<Integer> longer = first.size() > second.size() ? first : second;
      longer.remove(random((1L << 32) + k) < 0.5 ? 0 : longer.size() - 1);
    }
    truncated += a.size() - first.size() + (next ? b.size() - second.size() : 0);
    repeated += next ? 0 : second.size();
    List<Integer> tokens = new ArrayList<>(List.of(0));
    tokens.addAll(first);
    tokens.add(2);
    int middle = tokens.size();
    tokens.addAll(second);
    tokens.add(2);
    List<Span> spans =
        next
            ? List.of(new Span(id, 1, tokens.size()))
            : List.of(new Span(id, 1, middle), new Span(other, middle, tokens.size()));
    int[] ids = tokens.stream().mapToInt(Integer::intValue).toArray();
    segments.add(new TokenSegment(segments.size(), ids, spans, middle, next));
  }

  private List<Excerpt> excerpts(String id, List<List<Integer>> document) {
    int most = Math.min(textMax - 1, 4095);
    int wanted = (size(document) + most - 1) / most;
    List<Integer> starts = starts(document, most);
    List<Excerpt> made = new ArrayList<>();
    for (int j = 0; j < Math.min(8, wanted); j++) {
      List<List<Integer>> sentences = new ArrayList<>();
      for (int i = starts.get(random((2L << 32) + j, starts.size())); i < document.size(); i++) {
        List<Integer> sentence = document.get(i);
        if (sentences.isEmpty()) {
          sentences.add(sentence.subList(0, Math.min(most, sentence.size())));
          continue;
        }
        List<List<Integer>> with = new ArrayList<>(sentences);
        with.add(sentence);
        if (size(with) > most || size(with) + with.size() > 4096) {
          break;
        }
        sentences = with;
      }
      made.add(new Excerpt(id, sentences));
    }
    return made;
  }

  /** The sentences that have so much text from their start on; else the first. */
  private static List<Integer> starts(List<List<Integer>> sentences, int tokens) {
    List<Integer> starts = new ArrayList<>();
    int rest = size(sentences);
    for (int i = 0; i < sentences.size(); i++) {
      if (rest >= tokens) {
        starts.add(i);
      }
      rest -= sentences.get(i).size();
    }
    return starts.isEmpty() ? List.of(0) : starts;
  }

  private static int size(List<List<Integer>> sentences) {
    return sentences.stream().mapToInt(List::size).sum();
  }

  private static List<Integer> flat(List<List<Integer>> sentences) {
    return sentences.stream().flatMap(List::stream).toList();
  }
}
