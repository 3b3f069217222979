package dev.remask.bench;

import static org.bytedeco.pytorch.global.torch.cross_entropy_loss;
import static org.bytedeco.pytorch.global.torch.embedding;
import static org.bytedeco.pytorch.global.torch.gelu;
import static org.bytedeco.pytorch.global.torch.layer_norm;
import static org.bytedeco.pytorch.global.torch.linear;
import static org.bytedeco.pytorch.global.torch.matmul;
import static org.bytedeco.pytorch.global.torch.softmax;

import dev.remask.trainer.ModelShape;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * RoBERTa with its masked-language-model head, written with libtorch's operators and differentiated
 * by its autograd: post-LN, erf GELU, one product for query, key and value, masked positions
 * gathered before the vocabulary projection, decoder tied to the word embeddings; for pairs BERT's
 * token types and next-sentence head. One thread uses it.
 *
 * <p>Tensors have Hugging Face's names; query, key and value of a layer are one, {@code
 * attention.self.qkv}, {@code [3H, H]}.
 */
final class LibtorchRoberta {
  private static final double LAYER_NORM_EPSILON = 1e-5;
  private static final int SUM = 2; // of at::Reduction
  private static final int NONE_IGNORED = -100;
  private static final String WORDS = "roberta.embeddings.word_embeddings.weight";

  private static final String POSITIONS = "roberta.embeddings.position_embeddings.weight";
  private static final String TYPES = "roberta.embeddings.token_type_embeddings.weight";
  private static final String POOLER = "roberta.pooler.dense";
  private static final String NEXT_SENTENCE = "cls.seq_relationship";

  private final ModelShape shape;
  private final Map<String, Tensor> parameters;

  /** Zeroes some elements of {@code [B, T, H]} or {@code [B, A, T, T]} and scales the others. */
  interface Dropout {
    /** {@code site} is that of the trainer's masks: 0 for the embeddings, then by layer. */
    Tensor apply(Tensor x, int site);

    /** libtorch's own, as everyone writes it. */
    static Dropout plain(double rate) {
      return (x, site) -> torch.dropout(x, rate, true);
    }

    /**
     * From the same generator, but four elements from each number of 64 bits: a build of libtorch
     * without MKL draws elements one by one, which costs it a quarter of a pass.
     */
    static Dropout drawnByFours(double rate) {
      int first = Short.MIN_VALUE + (int) Math.round(rate * (1 << Short.SIZE)); // that stays
      return (x, site) -> {
        Tensor numbers =
            torch.empty(
                new long[] {(x.numel() + 3) / 4},
                new TensorOptions(torch.ScalarType.Long),
                new MemoryFormatOptional());
        Tensor stays =
            numbers
                .random_(Long.MIN_VALUE, new LongOptional())
                .view(torch.ScalarType.Short)
                .narrow(0, 0, x.numel())
                .ge(new Scalar(first));
        Scalar scale = new Scalar(1 / (1 - rate));
        return x.mul(stays.to(torch.ScalarType.Float).mul_(scale).view(x.sizes()));
      };
    }
  }

  /**
   * @param parameters leaves of autograd
   */
  LibtorchRoberta(ModelShape shape, Map<String, Tensor> parameters) {
    this.shape = shape;
    this.parameters = parameters;
  }

  /** The sizes of every tensor, by name. */
  static Map<String, long[]> shapes(ModelShape shape) {
    long hidden = shape.hidden();
    Map<String, long[]> sizes = new LinkedHashMap<>();
    sizes.put(WORDS, new long[] {shape.vocabulary(), hidden});
    sizes.put(POSITIONS, new long[] {shape.positions() + 2L, hidden});
    sizes.put(TYPES, new long[] {shape.tokenTypes(), hidden});
    norm(sizes, "roberta.embeddings.LayerNorm", hidden);
    for (int l = 0; l < shape.layers(); l++) {
      String name = "roberta.encoder.layer." + l + ".";
      dense(sizes, name + "attention.self.qkv", 3 * hidden, hidden);
      dense(sizes, name + "attention.output.dense", hidden, hidden);
      norm(sizes, name + "attention.output.LayerNorm", hidden);
      dense(sizes, name + "intermediate.dense", shape.feedForward(), hidden);
      dense(sizes, name + "output.dense", hidden, shape.feedForward());
      norm(sizes, name + "output.LayerNorm", hidden);
    }
    dense(sizes, "lm_head.dense", hidden, hidden);
    norm(sizes, "lm_head.layer_norm", hidden);
    sizes.put("lm_head.bias", new long[] {shape.vocabulary()});
    if (shape.pairs()) {
      dense(sizes, POOLER, hidden, hidden);
      dense(sizes, NEXT_SENTENCE, 2, hidden);
    }
    return sizes;
  }

  private static void dense(Map<String, long[]> sizes, String name, long out, long in) {
    sizes.put(name + ".weight", new long[] {out, in});
    sizes.put(name + ".bias", new long[] {out});
  }

  private static void norm(Map<String, long[]> sizes, String name, long hidden) {
    sizes.put(name + ".weight", new long[] {hidden});
    sizes.put(name + ".bias", new long[] {hidden});
  }

  /** The same weights in the same memory, with gradients of its own. */
  LibtorchRoberta twin() {
    Map<String, Tensor> leaves = new LinkedHashMap<>();
    parameters.forEach((name, tensor) -> leaves.put(name, tensor.detach().set_requires_grad(true)));
    return new LibtorchRoberta(shape, leaves);
  }

  Map<String, Tensor> parameters() {
    return parameters;
  }

  /**
   * Adds to the gradients of the summed loss, and returns it. Of pairs: of the mean over the tokens
   * to predict and the mean over the pairs, times the number of the former.
   */
  @SuppressWarnings("try") // the scope frees what libtorch makes inside of it
  double backpropagate(LibtorchBatch batch, Dropout dropout) {
    try (PointerScope scope = new PointerScope()) {
      Tensor loss = loss(batch, dropout);
      loss.backward();
      return loss.item_float();
    }
  }

  void dropGradients() {
    parameters.values().forEach(tensor -> tensor.mutable_grad().reset());
  }

  private Tensor loss(LibtorchBatch batch, Dropout dropout) {
    Tensor x =
        embedding(parameter(WORDS), batch.tokens())
            .add(embedding(parameter(POSITIONS), batch.positions()))
            .add(shape.pairs() ? embedding(parameter(TYPES), batch.types()) : parameter(TYPES));
    x = dropout.apply(norm("roberta.embeddings.LayerNorm", x), 0);
    for (int l = 0; l < shape.layers(); l++) {
      x = layer("roberta.encoder.layer." + l + ".", x, batch, dropout, 1 + l * (shape.heads() + 2));
    }
    Tensor rows = x.reshape(-1, shape.hidden()).index_select(0, batch.rows());
    Tensor head = norm("lm_head.layer_norm", gelu(dense("lm_head.dense", rows)));
    Tensor logits = linear(head, parameter(WORDS), optional("lm_head.bias"));
    Tensor masked = crossEntropy(logits, batch.labels());
    return shape.pairs() ? masked.add(nextSentenceLoss(x, batch)) : masked;
  }

  private Tensor nextSentenceLoss(Tensor x, LibtorchBatch batch) {
    Tensor pooled = dense(POOLER, x.select(1, 0)).tanh();
    Tensor sum = crossEntropy(dense(NEXT_SENTENCE, pooled), batch.notNext());
    return sum.mul(new Scalar((double) batch.labels().numel() / batch.sequences()));
  }

  private static Tensor crossEntropy(Tensor logits, Tensor labels) {
    return cross_entropy_loss(logits, labels, new TensorOptional(), SUM, NONE_IGNORED, 0);
  }

  private Tensor layer(String name, Tensor x, LibtorchBatch batch, Dropout dropout, int site) {
    Tensor mixed = attention(dense(name + "attention.self.qkv", x), batch, dropout, site + 2);
    Tensor attended = dropout.apply(dense(name + "attention.output.dense", mixed), site);
    Tensor middle = norm(name + "attention.output.LayerNorm", attended.add(x));
    Tensor inner = gelu(dense(name + "intermediate.dense", middle));
    Tensor outer = dropout.apply(dense(name + "output.dense", inner), site + 1);
    return norm(name + "output.LayerNorm", outer.add(middle));
  }

  /** From {@code [B, T, 3H]} to {@code [B, T, H]}. */
  private Tensor attention(Tensor qkv, LibtorchBatch batch, Dropout dropout, int site) {
    long b = batch.sequences();
    long t = batch.length();
    int size = shape.hidden() / shape.heads();
    TensorVector parts = qkv.view(b, t, 3, shape.heads(), size).permute(2, 0, 3, 1, 4).unbind(0);
    Tensor query = parts.get(0).mul(new Scalar(1 / Math.sqrt(size)));
    Tensor scores = matmul(query, parts.get(1).transpose(2, 3)).add_(batch.padding());
    Tensor used = dropout.apply(softmax(scores, -1), site);
    return matmul(used, parts.get(2)).transpose(1, 2).reshape(b, t, shape.hidden());
  }

  private Tensor norm(String name, Tensor x) {
    return layer_norm(
        x,
        new long[] {shape.hidden()},
        optional(name + ".weight"),
        optional(name + ".bias"),
        LAYER_NORM_EPSILON,
        false);
  }

  private Tensor dense(String name, Tensor x) {
    return linear(x, parameter(name + ".weight"), optional(name + ".bias"));
  }

  private TensorOptional optional(String name) {
    return new TensorOptional(parameter(name));
  }

  Tensor parameter(String name) {
    Tensor tensor = parameters.get(name);
    if (tensor == null) {
      throw new IllegalStateException("no tensor " + name);
    }
    return tensor;
  }
}
