package dev.remask.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between the modules, seen from where all of them meet. */
@AnalyzeClasses(packages = "dev.remask", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String[] KAFKA_AND_AVRO = {"org.apache.kafka..", "org.apache.avro.."};

  @ArchTest
  static final ArchRule meaningKnowsTheJdkAlone =
      noClasses()
          .that()
          .resideInAPackage("dev.remask.mlm..")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("java..", "dev.remask.mlm..", "org.jspecify..");

  @ArchTest
  static final ArchRule topologyAndTrainerMeetInKafkaOnly =
      noClasses()
          .that()
          .resideInAPackage("dev.remask.topology..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.remask.trainer..");

  @ArchTest
  static final ArchRule trainerKnowsNoTopology =
      noClasses()
          .that()
          .resideInAPackage("dev.remask.trainer..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.remask.topology..", "org.apache.kafka.streams..");

  @ArchTest
  static final ArchRule theModelKnowsNoKafka =
      noClasses()
          .that()
          .resideInAPackage("dev.remask.trainer.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(KAFKA_AND_AVRO);

  @ArchTest
  static final ArchRule onlyTheModelKnowsNd4j =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.remask.trainer.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.nd4j..", "org.bytedeco..");

  @ArchTest
  static final ArchRule theBrokerIsAProcessNotALibrary =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("kafka..", "scala..", "org.apache.kafka.server..");

  @ArchTest
  static final ArchRule noCycles = slices().matching("dev.remask.(*)..").should().beFreeOfCycles();
}
