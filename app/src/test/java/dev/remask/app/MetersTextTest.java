package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reader that the other tests rely on refuses what is not the format. */
class MetersTextTest {
  private static final String GOOD =
      """
      # HELP a_total what a is
      # TYPE a_total counter
      a_total{x="1",y="a\\"b\\\\c\\nd"} 1.5E3
      a_total{x="2",y=""} 0
      # HELP b what b is
      # TYPE b gauge
      b NaN
      """;

  @Test
  void readsTheFormat() {
    PrometheusText text = PrometheusText.parse(GOOD);
    assertThat(text.value("a_total", "x", "1", "y", "a\\\"b\\\\c\\nd")).isEqualTo(1500);
    assertThat(text.value("a_total", "x", "2", "y", "")).isZero();
    assertThat(text.value("b")).isNaN();
  }

  @Test
  void seesACounterFall() {
    PrometheusText before = PrometheusText.parse(GOOD);
    assertThat(PrometheusText.parse(GOOD).countersThatFell(before)).isEmpty();
    PrometheusText less = PrometheusText.parse(GOOD.replace("1.5E3", "1499"));
    assertThat(less.countersThatFell(before)).hasSize(1);
    PrometheusText gone = PrometheusText.parse(GOOD.replace("x=\"2\"", "x=\"3\""));
    assertThat(gone.countersThatFell(before)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a 1\n", // no TYPE
        "# HELP a x\n# TYPE a gauge\na 1", // no line feed
        "# TYPE a gauge\na 1\n", // no HELP
        "# HELP a x\n# TYPE a gauge\na 1\na 1\n", // twice
        "# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n# TYPE a gauge\na{l=\"1\"} 1\n", // TYPE twice
        "# HELP a x\n# TYPE a gauge\n", // nothing of it
        "# HELP a x\n# TYPE a gauge\nb 1\n", // of another family
        "# HELP a x\n# TYPE a counter\na 1\n", // a counter without _total
        "# HELP a_total x\n# TYPE a_total counter\na_total -1\n",
        "# HELP a_total x\n# TYPE a_total counter\na_total NaN\n",
        "# HELP a x\n# TYPE a gauge\na 1,5\n",
        "# HELP a x\n# TYPE a gauge\na{l=1} 1\n",
        "# HELP a x\n# TYPE a gauge\na{l=\"1\",l=\"2\"} 1\n",
        "# HELP a x\n# TYPE a gauge\na{l=\"\\t\"} 1\n", // no such escape
        "# HELP a.b x\n# TYPE a.b gauge\na.b 1\n"
      })
  void refusesWhatIsNotTheFormat(String text) {
    assertThatThrownBy(() -> PrometheusText.parse(text))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
