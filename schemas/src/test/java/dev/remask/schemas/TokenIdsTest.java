package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TokenIdsTest {
  @Property
  void idsComeBackInBothWidths(@ForAll List<@IntRange(max = 65535) Integer> list) {
    int[] ids = list.stream().mapToInt(id -> id).toArray();
    for (TokenWidth width : new TokenWidth[] {TokenWidth.U16_LE, TokenWidth.I32_LE}) {
      ByteBuffer bytes = TokenIds.encode(ids, width);
      assertThat(bytes.remaining()).isEqualTo(ids.length * (width == TokenWidth.U16_LE ? 2 : 4));
      assertThat(TokenIds.decode(bytes, width)).isEqualTo(ids);
      assertThat(TokenIds.decode(bytes, width)).as("the position stays").isEqualTo(ids);
    }
  }

  @Property
  void wideIdsComeBack(@ForAll int[] ids) {
    assertThat(TokenIds.decode(TokenIds.encode(ids, TokenWidth.I32_LE), TokenWidth.I32_LE))
        .isEqualTo(ids);
  }

  @Property
  void theWidthHoldsEveryId(@ForAll @IntRange(min = 1) int vocabularySize) {
    int[] last = {vocabularySize - 1};
    TokenWidth width = TokenIds.widthFor(vocabularySize);
    assertThat(TokenIds.decode(TokenIds.encode(last, width), width)).isEqualTo(last);
  }

  @Property
  void whatDoesNotFitIsRefused(@ForAll int id) {
    if (id < 0 || id > 65535) {
      assertThatThrownBy(() -> TokenIds.encode(new int[] {id}, TokenWidth.U16_LE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(Integer.toString(id));
    }
  }

  @Test
  void layoutIsLittleEndian() {
    assertThat(TokenIds.encode(new int[] {0x0102}, TokenWidth.U16_LE).array())
        .containsExactly(2, 1);
    assertThat(TokenIds.encode(new int[] {0x01020304}, TokenWidth.I32_LE).array())
        .containsExactly(4, 3, 2, 1);
    assertThat(TokenIds.widthFor(65536)).isEqualTo(TokenWidth.U16_LE);
    assertThat(TokenIds.widthFor(65537)).isEqualTo(TokenWidth.I32_LE);
  }

  @Test
  void brokenIdsAndUnknownWidthsAreRefused() {
    assertThatThrownBy(() -> TokenIds.decode(ByteBuffer.allocate(3), TokenWidth.U16_LE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> TokenIds.decode(ByteBuffer.allocate(6), TokenWidth.I32_LE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> TokenIds.decode(ByteBuffer.allocate(4), TokenWidth.UNKNOWN))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
