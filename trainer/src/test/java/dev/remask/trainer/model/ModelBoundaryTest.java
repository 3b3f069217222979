package dev.remask.trainer.model;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The model knows nothing of Kafka, and nothing else knows of ND4J. */
@AnalyzeClasses(
    packages = "dev.remask.trainer",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ModelBoundaryTest {
  @ArchTest
  static final ArchRule MODEL_WITHOUT_KAFKA =
      noClasses()
          .that()
          .resideInAPackage("dev.remask.trainer.model")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.kafka..", "org.apache.avro..", "dev.remask.schemas..");

  @ArchTest
  static final ArchRule ND4J_IN_THE_MODEL_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.remask.trainer.model")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.nd4j..", "org.bytedeco..");
}
