# The packaged jar in an image: ./mvnw package && docker build -t flash-sale .
# Layers change from the bottom up: libraries with their versions, the application with every commit.
FROM eclipse-temurin:25-jre AS layers
WORKDIR /build
COPY target/flash-sale-*.jar flash-sale.jar
RUN java -Djarmode=tools -jar flash-sale.jar extract --layers --destination layers

FROM eclipse-temurin:25-jre
RUN useradd --system --uid 10001 --no-create-home flash-sale
WORKDIR /app
COPY --from=layers /build/layers/dependencies/ ./
COPY --from=layers /build/layers/spring-boot-loader/ ./
COPY --from=layers /build/layers/snapshot-dependencies/ ./
COPY --from=layers /build/layers/application/ ./
# A start that ends when its beans are made, asking no store, leaves what it loaded and linked for the next: a third off
# the time to start. What it is given here is not in the image's environment.
RUN SPRING_R2DBC_URL=r2dbc:postgresql://localhost:1/none SPRING_R2DBC_USERNAME=none SPRING_R2DBC_PASSWORD=none \
    SPRING_FLYWAY_URL=jdbc:postgresql://localhost:1/none SPRING_FLYWAY_USER=none SPRING_FLYWAY_PASSWORD=none \
    SPRING_DATA_REDIS_URL=redis://localhost:1 \
    FLASH_SALE_SESSION_JWT_SECRET=only-for-the-training-run-of-the-image-build \
    java -XX:+UseParallelGC -XX:AOTCacheOutput=app.aot -Dspring.context.exit=onRefresh -jar flash-sale.jar
USER 10001
EXPOSE 8080 8081
# Half of the memory for the heap: the rest is buffers of connections and stores, code and threads. One event loop for each core: bigger batches
# (docs/performance.md); JAVA_TOOL_OPTIONS says how many where a CPU limit does not.
ENTRYPOINT ["java", "-XX:+UseParallelGC", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", \
    "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", \
    "-XX:AOTCache=app.aot", "-Djava.io.tmpdir=/tmp", "-jar", "flash-sale.jar"]
