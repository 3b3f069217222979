package dev.remask.schemas;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.apache.kafka.common.utils.Utils;

@AnalyzeClasses(packages = "dev.remask", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule IT_DEPENDS_ON_NO_OTHER_MODULE =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.remask.schemas",
              "java..",
              "javax.net.ssl",
              "com.sun.net.httpserver",
              "com.fasterxml.jackson..",
              "org.apache.avro..",
              "org.apache.kafka.clients..",
              "org.apache.kafka.common..",
              "org.jspecify.annotations",
              "org.slf4j");

  @ArchTest
  static final ArchRule ONE_PLACE_CHOOSES_THE_SERDE =
      noClasses()
          .that()
          .doNotHaveSimpleName("AvroSerdes")
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(Utils.class, RegistryAvroSerde.class);
}
