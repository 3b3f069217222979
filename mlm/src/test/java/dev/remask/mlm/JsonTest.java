package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  private static Object read(String json) {
    return Json.read(json.getBytes(StandardCharsets.UTF_8));
  }

  @Property(tries = 300)
  void whatIsWrittenIsReadAgain(@ForAll("values") Object value) {
    assertThat(read(Json.write(value))).isEqualTo(value);
  }

  @Provide
  Arbitrary<Object> values() {
    Arbitrary<Object> leaves =
        Arbitraries.oneOf(
            Arbitraries.strings().filter(s -> PreTokens.wellFormed(s).equals(s)).asGeneric(),
            Arbitraries.longs().between(-(1L << 50), 1L << 50).asGeneric(),
            Arbitraries.doubles().filter(d -> d != Math.rint(d)).asGeneric(),
            Arbitraries.of(true, false, null).asGeneric());
    return Arbitraries.recursive(
        () -> leaves,
        inner ->
            Arbitraries.oneOf(
                inner.list().ofMaxSize(4).asGeneric(),
                Arbitraries.maps(Arbitraries.strings().alpha(), inner).ofMaxSize(4).asGeneric()),
        0,
        4);
  }

  @Test
  void theWholeGrammar() {
    assertThat(read(" {\"a\\u00e9\\n\\/\" : [1, -2.5e3, true, false, null, {}, [] , \"\"] }\r\n"))
        .isEqualTo(
            Map.of(
                "aé\n/", Arrays.asList(1L, -2500.0, true, false, null, Map.of(), List.of(), "")));
    assertThat(read("10000000000000000000")).isEqualTo(1e19);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1,]",
        "[1 2]",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "NaN",
        "tru",
        "nulll",
        "\"",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u００００\"",
        "// c\n1",
        "1 2",
        "[1]]",
        "'a'",
        "\uFEFF1"
      })
  void anythingElseIsRefusedWithThePlace(String text) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not JSON")
        .hasMessageContaining("at character");
  }

  @Test
  void limits() {
    assertThatThrownBy(() -> read("{\"a\":1,\"a\":2}")).hasMessageContaining("\"a\" stands twice");
    assertThatThrownBy(() -> Json.read(new byte[] {'"', (byte) 0xFF, '"'}))
        .hasMessageContaining("not UTF-8");
    assertThatThrownBy(() -> Json.read(new byte[Json.MAX_BYTES + 1])).hasMessageContaining("bytes");
    String deep = "[".repeat(100_000);
    assertThatThrownBy(() -> read(deep)).hasMessageContaining("deeper than");
    int most = Json.MAX_DEPTH + 1;
    assertThat(read("[".repeat(most) + "]".repeat(most))).isNotNull();
  }
}
