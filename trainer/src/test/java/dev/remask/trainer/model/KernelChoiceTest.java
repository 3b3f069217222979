package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** Which kernels a Java gets, seen from a process of its own. */
class KernelChoiceTest {
  /** Prints the name of the fastest kernels. */
  static final class Main {
    public static void main(String[] arguments) {
      System.out.println("chosen: " + Kernels.fastest().name());
    }
  }

  @Test
  void withoutTheVectorModuleTheScalarKernelsRun() throws Exception {
    assertThat(choice()).contains("chosen: scalar");
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_17, max = JRE.JAVA_18)
  void withItTheVectorKernelsRun() throws Exception {
    assertThat(choice("--add-modules", "jdk.incubator.vector")).contains("chosen: vector, ");
  }

  private static String choice(String... flags) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
