package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExampleTest {
  private static final Masked MASKED =
      new Masked(new int[] {0, 9, 2}, new int[] {1}, new int[] {5});

  @Test
  void theBytesAreAsStated() {
    byte[] bytes =
        HexFormat.of()
            .parseHex(
                "01000000"
                    + "02000000"
                    + "0300000000000000"
                    + "03000000"
                    + "00000000"
                    + "09000000"
                    + "02000000"
                    + "01000000"
                    + "01000000"
                    + "01000000"
                    + "05000000");
    assertThat(Example.sha256(List.of(new Example(1, 2, 3, MASKED))))
        .isEqualTo(Digests.sha256(bytes));
  }

  /** Earlier ledgers know segments of one part only: their bytes stay as they were. */
  @Test
  void partsFollowWhereThereAreTwo() {
    String one =
        "010000000200000003000000000000000300000000000000090000000200000001000000010000000100000005000000";
    assertThat(Example.sha256(List.of(new Example(1, 2, 3, MASKED, -1, null))))
        .isEqualTo(Digests.sha256(HexFormat.of().parseHex(one)));
    assertThat(Example.sha256(List.of(new Example(1, 2, 3, MASKED, 2, true))))
        .isEqualTo(Digests.sha256(HexFormat.of().parseHex(one + "02000000" + "01000000")));
    assertThat(Example.sha256(List.of(new Example(1, 2, 3, MASKED, 1, false))))
        .isEqualTo(Digests.sha256(HexFormat.of().parseHex(one + "01000000" + "00000000")));
  }

  @Test
  void everyFieldAndTheOrderCount() {
    Example example = new Example(1, 2, 3, MASKED);
    Example other = new Example(1, 2, 4, MASKED);
    List<List<Example>> lists =
        List.of(
            List.of(),
            List.of(example),
            List.of(other),
            List.of(example, other),
            List.of(other, example),
            List.of(new Example(1, 2, 3, MASKED, 1, true)),
            List.of(new Example(1, 2, 3, MASKED, 1, false)),
            List.of(new Example(1, 2, 3, MASKED, 2, true)),
            List.of(new Example(0, 2, 3, MASKED)),
            List.of(new Example(1, 0, 3, MASKED)),
            List.of(
                new Example(
                    1, 2, 3, new Masked(new int[] {0, 9}, MASKED.positions(), MASKED.labels()))),
            List.of(
                new Example(1, 2, 3, new Masked(MASKED.inputs(), new int[] {2}, MASKED.labels()))),
            List.of(
                new Example(
                    1, 2, 3, new Masked(MASKED.inputs(), MASKED.positions(), new int[] {6}))));
    Set<String> hashes = new HashSet<>(lists.stream().map(Example::sha256).toList());
    assertThat(hashes).hasSameSizeAs(lists);
  }
}
