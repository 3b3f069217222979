package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VocabularyTest {
  private static final List<String> TEXTS = TestTexts.prose(300, 1);
  private static final Vocabulary LEARNED = Vocabulary.learn(TEXTS, 600);

  private static Vocabulary parse(String json) {
    return Vocabulary.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String json() {
    return new String(LEARNED.tokenizerJson(), StandardCharsets.UTF_8);
  }

  @Test
  void theLayoutIsRobertas() {
    assertThat(LEARNED.size()).isEqualTo(600);
    assertThat(LEARNED.mask()).isEqualTo(599);
    assertThat(LEARNED.decode(0, 1, 2, 3, 599)).isEqualTo("<s><pad></s><unk><mask>");
    byte[] seen = new byte[256];
    for (int id = 4; id < 260; id++) {
      seen[ByteAlphabet.read(LEARNED.token(id))[0] & 0xFF]++;
    }
    assertThat(seen).containsOnly(1);
    assertThat(IntStream.range(4, 599)).allMatch(LEARNED::isText);
  }

  @Test
  void theOrderOfTheTextsDoesNotMatter() {
    List<String> shuffled = new ArrayList<>(TEXTS);
    Collections.shuffle(shuffled, new Random(1));
    assertThat(Vocabulary.learn(shuffled, 600).sha256()).isEqualTo(LEARNED.sha256());
  }

  @Test
  void parsingIsTheInverseOfWriting() {
    Vocabulary parsed = parse(json());
    assertThat(parsed.tokenizerJson()).isEqualTo(LEARNED.tokenizerJson());
    assertThat(parsed.mergesTxt()).isEqualTo(LEARNED.mergesTxt());
    assertThat(parsed.vocabJson()).isEqualTo(LEARNED.vocabJson());
  }

  @Test
  void theHashIsThatOfTheBytes() throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(LEARNED.tokenizerJson());
    assertThat(LEARNED.sha256()).isEqualTo(HexFormat.of().formatHex(digest));
  }

  @Test
  void nobodyCanChangeTheBytes() {
    LEARNED.tokenizerJson()[0] = 'x';
    assertThat(LEARNED.tokenizerJson()[0]).isEqualTo((byte) '{');
  }

  @Test
  void mergesTxtIsWhatGpt2Reads() {
    assertThat(LEARNED.mergesTxt()).startsWith("#version: 0.2\n").endsWith("\n");
    assertThat(LEARNED.mergesTxt().lines().skip(1)).allMatch(line -> line.split(" ").length == 2);
    Map<?, ?> vocab = (Map<?, ?>) Json.read(LEARNED.vocabJson().getBytes(StandardCharsets.UTF_8));
    assertThat(vocab).hasSize(600);
    assertThat(vocab.get("<mask>")).isEqualTo(599L);
    assertThat(vocab.get("Ġ")).isEqualTo((long) LEARNED.byteId(' '));
  }

  /** The files of older releases: merges as one string, no model type, fewer options. */
  @Test
  void olderFilesAreRead() {
    String old =
        json()
            .replaceAll("\\[\"([^\" ]+|\\\\\")\",\"([^\" ]+|\\\\\")\"\\](?=[,\\]])", "\"$1 $2\"")
            .replace("\"type\":\"BPE\",\"dropout\"", "\"dropout\"")
            .replace(",\"byte_fallback\":false,\"ignore_merges\":false", "")
            .replace(",\"use_regex\":true", "");
    assertThat(old).contains("\"merges\":[\"");
    assertThat(parse(old).sha256()).isEqualTo(LEARNED.sha256());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "\"normalizer\":null | \"normalizer\":{\"type\":\"StripAccents\"} | normalizer.type is StripAccents",
        "\"normalizer\":null | \"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Nmt\"}]} | normalizer.type is Nmt",
        "\"pre_tokenizer\":{\"type\":\"ByteLevel\" | \"pre_tokenizer\":{\"type\":\"Metaspace\" | Metaspace",
        "\"use_regex\":true},~\"post | \"use_regex\":1},~\"post | use_regex is 1",
        "\"type\":\"BPE\" | \"type\":\"Unigram\" | model.type is Unigram",
        "\"dropout\":null | \"dropout\":0.1 | dropout is 0.1",
        "\"byte_fallback\":false | \"byte_fallback\":true | byte_fallback",
        "\"ignore_merges\":false | \"ignore_merges\":1 | ignore_merges is 1",
        "\"type\":\"BPE\" | \"type\":\"WordPiece\" | model.type is WordPiece",
        "\"type\":\"BPE\" | \"type\":\"WordLevel\" | model.type is WordLevel",
        "\"pre_tokenizer\":{\"type\":\"ByteLevel\" | \"pre_tokenizer\":{\"type\":\"Whitespace\" | Whitespace",
        "\"pre_tokenizer\":{ | \"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[]},\"x\":{ | pre_tokenizer has no step",
        "\"pre_tokenizer\":{ | \"pre_tokenizer\":null,\"x\":{ | pre_tokenizer is not an object",
        "\"continuing_subword_prefix\":\"\" | \"continuing_subword_prefix\":\"##\" | continuing_subword_prefix is ##",
        "\"end_of_word_suffix\":\"\" | \"end_of_word_suffix\":\"</w>\" | end_of_word_suffix",
        "\"id\":599 | \"id\":598 | two ids for <mask>",
        "\"content\":\"<unk>\" | \"content\":\"[UNK]\" | added token [UNK]",
        "\"content\":\"<unk>\" | \"content\":\"\" | added token \"\" is no text",
        "\"content\":\"<unk>\" | \"content\":null | the content of an added token is not a string",
        "\"content\":\"<unk>\" | \"content\":\"<pad>\" | added token \"<pad>\" stands twice",
        "\"merges\":[ | \"merges\":[[1,true], | a part of a merge is not a string",
        "\"!\":4 | \"\":4 | token 4 is empty",
        "\"<pad>\":1,\"</s>\":2 | \"</s>\":1,\"<pad>\":2 | two ids for <pad>",
        "\"!\":4 | \"!\":5 | token ids are not 0 ... size - 1",
        "\"!\":4 | \"中\":4 | not in the byte alphabet",
        "\"!\":4 | \"!\":-4 | token id -4",
        "\"!\":4 | \"!\":\"4\" | token id 4",
        "\"merges\":[ | \"merges\":[[\"x\"], | merge [x]",
        "\"merges\":[ | \"merges\":[[\"!\",\"}\"], | !}, which is no token",
        "\"merges\":[ | \"merges\":[7, | a merge is not an array",
        "\"merges\":[ | \"merges\":{},\"x\":[ | model.merges is not an array",
        "\"model\": | \"model\":1,\"y\": | model is not an object",
      })
  void anythingElseIsRefusedWithTheReason(String original, String changed, String reason) {
    String broken = json().replace(text(original), text(changed));
    assertThat(broken).isNotEqualTo(json());
    assertThatThrownBy(() -> parse(broken))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason.strip());
  }

  /** Theirs before ours: layouts of GPT-2 and of others, with holes, are adopted. */
  @Test
  void anyLayoutIsAdopted() {
    String gpt2 =
        json()
            .replaceAll("(?s)\"added_tokens\":\\[.*?\\}\\],", "\"added_tokens\":[],")
            .replaceAll("\"(<s>|<pad>|</s>|<unk>)\":[0-3],", "")
            .replace("\"<mask>\":599", "\"<|end|>\":7000")
            .replace(
                "\"added_tokens\":[]",
                "\"added_tokens\":[{\"id\":7000,\"content\":\"<|end|>\",\"special\":true},"
                    + "{\"id\":7001,\"content\":\"<|pad|>\",\"special\":true}]");
    assertThatThrownBy(() -> parse(gpt2)).hasMessageContaining("added token <|end|>");
    byte[] bytes = gpt2.getBytes(StandardCharsets.UTF_8);
    assertThat(Vocabulary.adopt(bytes).tokenizerJson()).isEqualTo(LEARNED.tokenizerJson());
    assertThat(Vocabulary.adopt(LEARNED.tokenizerJson()).sha256()).isEqualTo(LEARNED.sha256());
    byte[] cut =
        gpt2.replace("\"<|pad|>\",\"special\":true", "\"<|pad|>\",\"special\":false")
            .getBytes(StandardCharsets.UTF_8);
    String empty = gpt2.replace("\"vocab\":{", "\"vocab\":{\"\":900,");
    assertThat(Vocabulary.adopt(empty.getBytes(StandardCharsets.UTF_8)).wordStarts())
        .isEqualTo(LEARNED.wordStarts());
    byte[] same = gpt2.replace("\"!\":4", "\"!\":5").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Vocabulary.adopt(same))
        .hasMessageContaining("two tokens have the same id");
    assertThat(Vocabulary.adopt(cut).token(LEARNED.mask())).isEqualTo("<|pad|>");
    for (String broken :
        List.of(
            json().replace("\"type\":\"BPE\"", "\"type\":\"WordPiece\""),
            json().replace("\"normalizer\":null", "\"normalizer\":{\"type\":\"Strip\"}"),
            json().replace("\"byte_fallback\":false", "\"byte_fallback\":true"))) {
      assertThatThrownBy(() -> Vocabulary.adopt(broken.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void mergesMayBeIgnored() {
    String json = json().replace("\"ignore_merges\":false", "\"ignore_merges\":true");
    Vocabulary ignoring = parse(json);
    assertThat(ignoring.tokenizerJson()).isEqualTo(json.getBytes(StandardCharsets.UTF_8));
    assertThat(ignoring.sha256()).isNotEqualTo(LEARNED.sha256());
  }

  /** A column of the table; its tilde is a line break. */
  private static String text(String column) {
    return column.strip().replace(",~", ",\n");
  }

  @Test
  void theLayoutIsRequired() {
    List<String> tokens = new ArrayList<>(LEARNED.tokenIds().keySet());
    List<Merges.Merge> rules = LEARNED.merges().rules();
    refuse(tokens.subList(0, 260), List.of(), "260 tokens");
    refuse(with(tokens, 0, "<S>"), rules, "token 0 is <S>");
    refuse(with(tokens, 599, "<last>"), rules, "the last token is <last>");
    refuse(with(tokens, 4, "x y"), rules, "\"x y\" is not in the byte alphabet");
    refuse(with(tokens, 4, "##"), rules, "no token for byte 33");
    refuse(with(tokens, 4, tokens.get(5)), rules, "a token stands twice");
    List<Merges.Merge> twice = new ArrayList<>(rules);
    twice.add(rules.get(0));
    refuse(tokens, twice, "repeats merge 0");
    refuse(tokens, List.of(new Merges.Merge(4, 2, 5)), "special or added token");
    refuse(tokens, List.of(new Merges.Merge(4, 5, 6)), "makes");
  }

  private static List<String> with(List<String> tokens, int id, String token) {
    List<String> changed = new ArrayList<>(tokens);
    changed.set(id, token);
    return changed;
  }

  private static void refuse(List<String> tokens, List<Merges.Merge> rules, String reason) {
    assertThatThrownBy(() -> new Vocabulary(tokens, rules))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void sizesAreChecked() {
    for (int size : new int[] {-1, 260, (1 << 20) + 1}) {
      assertThatThrownBy(() -> Vocabulary.learn(TEXTS, size))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("size " + size);
    }
    assertThat(Vocabulary.learn(List.of(), 9_000).size()).isEqualTo(261);
    assertThat(Vocabulary.learn(List.of("ab"), 9_000).size()).isEqualTo(261);
    assertThat(Vocabulary.learn(List.of("ab", "ab"), 9_000).size()).isEqualTo(262);
  }

  @Test
  void piecesAreReadable() {
    assertThat(LEARNED.piece(0)).isEqualTo("<s>");
    assertThat(LEARNED.piece(LEARNED.byteId(' '))).isEqualTo(" ");
    assertThat(LEARNED.piece(LEARNED.byteId(0xE2))).isEqualTo("<0xE2>");
    assertThatThrownBy(() -> LEARNED.piece(600)).hasMessageContaining("token id 600");
    assertThatThrownBy(() -> LEARNED.decode(-1)).hasMessageContaining("token id -1");
  }
}
