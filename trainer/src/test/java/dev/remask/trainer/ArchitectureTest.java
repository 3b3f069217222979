package dev.remask.trainer;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.apache.kafka.common.config.ConfigException;

/**
 * Kafka and ND4J never meet: one comes in through {@code log}, the other lives in {@code model}.
 */
@AnalyzeClasses(
    packages = "dev.remask.trainer",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String LOG = "dev.remask.trainer.log..";

  @ArchTest
  static final ArchRule kafkaOnlyInLog =
      noClasses()
          .that()
          .resideOutsideOfPackage(LOG)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("org.apache.kafka..")
                  .and(DescribedPredicate.not(JavaClass.Predicates.type(ConfigException.class))));

  @ArchTest
  static final ArchRule noNd4jInLog =
      noClasses()
          .that()
          .resideInAPackage(LOG)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "org.nd4j..", "org.bytedeco..", "jdk.incubator..", "dev.remask.trainer.model.."));

  @ArchTest
  static final ArchRule theLoopKnowsNeither =
      noClasses()
          .that()
          .resideInAPackage("dev.remask.trainer")
          .should()
          .dependOnClassesThat(resideInAnyPackage("org.nd4j..", LOG, "dev.remask.trainer.model.."));

  @ArchTest
  static final ArchRule theTopologyIsUnknown =
      noClasses()
          .should()
          .dependOnClassesThat(resideInAnyPackage("dev.remask.topology..", "dev.remask.app.."));
}
