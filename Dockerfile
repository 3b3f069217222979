# Remask's image. The default target builds the program inside; target `prebuilt` takes app/target/remask as
# `mvn -Dquick -pl app -am package` has left it. It comes first: Docker's old builder also builds all stages above its target.
ARG JAVA_IMAGE=eclipse-temurin:17-jre
ARG MAVEN_IMAGE=maven:3.9.11-eclipse-temurin-17

FROM ${JAVA_IMAGE} AS runtime
RUN groupadd --gid 10001 remask && \
    useradd --uid 10001 --gid remask --home-dir /var/lib/remask --create-home --shell /usr/sbin/nologin remask
COPY docker/ready /usr/local/bin/ready
ENV PATH=/opt/remask/bin:$PATH LANG=C.UTF-8 REMASK_LOG=console
USER remask
WORKDIR /var/lib/remask
ENTRYPOINT ["remask"]
CMD ["--help"]

FROM runtime AS prebuilt
# The pattern may match nothing, as long as there is a first source: the old builder comes by here in a clean clone as well.
COPY docker/ready app/target/remas[k] /opt/remask/

FROM ${MAVEN_IMAGE} AS build
WORKDIR /src
COPY . .
# Without what an earlier build outside has left.
RUN rm -rf app/target && mvn -B -ntp -Dquick -pl app -am package

FROM runtime AS built
COPY --from=build /src/app/target/remask /opt/remask
