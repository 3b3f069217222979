package dev.remask.trainer.model;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.trainer.ModelShape;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * RoBERTa's forward pass and loss in double precision, one sequence at a time and by the book: the
 * oracle. It shares no code with the model but the names of the tensors and the dropout mask.
 */
final class ReferenceRoberta {
  final Map<String, double[]> tensors = new TreeMap<>();
  private final ModelShape shape;
  private final Dropout dropout;
  private final long step;

  ReferenceRoberta(ModelShape shape, Dropout dropout, long step) {
    this.shape = shape;
    this.dropout = dropout;
    this.step = step;
  }

  void takeParameters(Roberta model) {
    for (Layout.Tensor tensor : model.layout().tensors()) {
      double[] values = new double[tensor.length()];
      for (int i = 0; i < values.length; i++) {
        values[i] = model.parameters().get(tensor.offset() + i);
      }
      tensors.put(tensor.name(), values);
    }
  }

  /**
   * Σ of -ln p(label) over the masked positions of all examples. Of pairs, as many times the mean
   * of the next-sentence loss as there are masked positions is added: divided by these, it is the
   * mean of the one and the mean of the other.
   */
  double loss(List<Example> examples) {
    double masked = examples.stream().mapToDouble(e -> maskedLoss(e, encoded(e))).sum();
    return shape.pairs() ? masked + tokens(examples) * nextSentenceLoss(examples) : masked;
  }

  private static long tokens(List<Example> examples) {
    return examples.stream().mapToLong(e -> e.masked().positions().length).sum();
  }

  private double[][] encoded(Example example) {
    long key = dropout.key(step, example.epoch(), example.partition(), example.sequence());
    return encode(example.masked().inputs(), example.secondPart(), key);
  }

  /** Mean over the pairs. */
  double nextSentenceLoss(List<Example> examples) {
    return examples.stream().mapToDouble(this::nextSentenceLoss).average().orElseThrow();
  }

  private double nextSentenceLoss(Example example) {
    double[] pooled = dense(Layout.POOLER, encoded(example)[0]);
    for (int i = 0; i < pooled.length; i++) {
      pooled[i] = Math.tanh(pooled[i]);
    }
    double[] logits = dense(Layout.NEXT_SENTENCE, pooled);
    return logSumExp(logits) - logits[Boolean.TRUE.equals(example.nextSentence()) ? 0 : 1];
  }

  private double maskedLoss(Example example, double[][] x) {
    Masked masked = example.masked();
    double loss = 0;
    for (int i = 0; i < masked.positions().length; i++) {
      double[] logits = logits(x[masked.positions()[i]]);
      loss += logSumExp(logits) - logits[masked.labels()[i]];
    }
    return loss;
  }

  double[] logits(double[] encoded) {
    double[] t = dense("lm_head.dense", encoded);
    for (int i = 0; i < t.length; i++) {
      t[i] = gelu(t[i]);
    }
    t = layerNorm("lm_head.layer_norm", t);
    return affine(tensors.get(Layout.WORDS), tensors.get(Layout.HEAD_BIAS), t);
  }

  double[][] encode(int[] ids, long key) {
    return encode(ids, Example.ONE_PART, key);
  }

  private double[][] encode(int[] ids, int secondPart, long key) {
    int hidden = shape.hidden();
    double[][] x = new double[ids.length][hidden];
    for (int t = 0; t < ids.length; t++) {
      int type = secondPart >= 0 && t >= secondPart ? 1 : 0;
      for (int i = 0; i < hidden; i++) {
        x[t][i] =
            tensors.get("roberta.embeddings.word_embeddings.weight")[ids[t] * hidden + i]
                + tensors.get("roberta.embeddings.position_embeddings.weight")[(t + 2) * hidden + i]
                + tensors.get("roberta.embeddings.token_type_embeddings.weight")[type * hidden + i];
      }
      x[t] = layerNorm("roberta.embeddings.LayerNorm", x[t]);
    }
    drop(x, key, 0);
    for (int l = 0; l < shape.layers(); l++) {
      x = layer("roberta.encoder.layer." + l + ".", x, key, 1 + l * (shape.heads() + 2));
    }
    return x;
  }

  private double[][] layer(String name, double[][] x, long key, int site) {
    double[][] attended = dense(name + "attention.output.dense", attention(name, x, key, site + 2));
    drop(attended, key, site);
    double[][] middle = residual(name + "attention.output.LayerNorm", attended, x);
    double[][] inner = dense(name + "intermediate.dense", middle);
    for (double[] row : inner) {
      for (int i = 0; i < row.length; i++) {
        row[i] = gelu(row[i]);
      }
    }
    double[][] outer = dense(name + "output.dense", inner);
    drop(outer, key, site + 1);
    return residual(name + "output.LayerNorm", outer, middle);
  }

  private double[][] residual(String norm, double[][] branch, double[][] x) {
    double[][] y = new double[x.length][x[0].length];
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        y[t][i] = branch[t][i] + x[t][i];
      }
      y[t] = layerNorm(norm, y[t]);
    }
    return y;
  }

  private double[][] attention(String name, double[][] x, long key, int site) {
    double[][] q = dense(name + "attention.self.query", x);
    double[][] k = dense(name + "attention.self.key", x);
    double[][] v = dense(name + "attention.self.value", x);
    int size = shape.hidden() / shape.heads();
    double[][] mixed = new double[x.length][shape.hidden()];
    for (int h = 0; h < shape.heads(); h++) {
      double[][] p = new double[x.length][x.length];
      for (int t = 0; t < x.length; t++) {
        for (int u = 0; u < x.length; u++) {
          for (int i = h * size; i < (h + 1) * size; i++) {
            p[t][u] += q[t][i] * k[u][i] / Math.sqrt(size);
          }
        }
        double total = logSumExp(p[t]);
        for (int u = 0; u < x.length; u++) {
          p[t][u] = Math.exp(p[t][u] - total);
        }
      }
      drop(p, key, site + h);
      for (int t = 0; t < x.length; t++) {
        for (int i = h * size; i < (h + 1) * size; i++) {
          for (int u = 0; u < x.length; u++) {
            mixed[t][i] += p[t][u] * v[u][i];
          }
        }
      }
    }
    return mixed;
  }

  private void drop(double[][] x, long key, int site) {
    Dropout.Mask mask = dropout.mask(key, site);
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        boolean dropped = mask.factor(t * x[t].length + i) == 0;
        x[t][i] = dropped ? 0 : x[t][i] / (1 - dropout.rate());
      }
    }
  }

  private double[][] dense(String name, double[][] x) {
    double[][] y = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      y[t] = dense(name, x[t]);
    }
    return y;
  }

  private double[] dense(String name, double[] x) {
    return affine(tensors.get(name + ".weight"), tensors.get(name + ".bias"), x);
  }

  private static double[] affine(double[] weight, double[] bias, double[] x) {
    double[] y = bias.clone();
    for (int o = 0; o < y.length; o++) {
      for (int i = 0; i < x.length; i++) {
        y[o] += weight[o * x.length + i] * x[i];
      }
    }
    return y;
  }

  private double[] layerNorm(String name, double[] x) {
    double[] gain = tensors.get(name + ".weight");
    double[] shift = tensors.get(name + ".bias");
    return layerNorm(x, gain, shift);
  }

  static double[] layerNorm(double[] x, double[] gain, double[] shift) {
    double mean = 0;
    for (double value : x) {
      mean += value / x.length;
    }
    double variance = 0;
    for (double value : x) {
      variance += (value - mean) * (value - mean) / x.length;
    }
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = (x[i] - mean) / Math.sqrt(variance + 1e-5) * gain[i] + shift[i];
    }
    return y;
  }

  static double logSumExp(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      max = Math.max(max, value);
    }
    double sum = 0;
    for (double value : x) {
      sum += Math.exp(value - max);
    }
    return max + Math.log(sum);
  }

  static double gelu(double x) {
    return x * normalCdf(x);
  }

  /**
   * Φ by its Taylor series about 0 near it, by the continued fraction of the tail elsewhere: good
   * to 1e-14.
   */
  static double normalCdf(double x) {
    double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    if (Math.abs(x) < 4) {
      double term = x;
      double sum = x;
      for (int i = 1; Math.abs(term) > 1e-18 && i < 300; i++) {
        term *= x * x / (2 * i + 1);
        sum += term;
      }
      return 0.5 + density * sum;
    }
    double fraction = 0;
    for (int i = 60; i > 0; i--) {
      fraction = i / (Math.abs(x) + fraction);
    }
    double tail = density / (Math.abs(x) + fraction);
    return x < 0 ? tail : 1 - tail;
  }
}
