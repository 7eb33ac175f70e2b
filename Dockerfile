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
# What the HotSpot that trains and the one that serves must agree on: with other modules or another collector it refuses the cache.
RUN echo "-XX:+UseParallelGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow" > java.flags
# A start that ends when its beans are made, asking no store, leaves what it loaded and linked for the next (k8s/README.md has
# the time). What it is given here is not in the image's environment. The cache knows the jars by size and time of last
# change, so none is copied after it, and no build may rewrite times. `npm run cache` in k8s/check does all of this without Docker.
RUN SPRING_R2DBC_URL=r2dbc:postgresql://localhost:1/none SPRING_R2DBC_USERNAME=none SPRING_R2DBC_PASSWORD=none \
    SPRING_FLYWAY_URL=jdbc:postgresql://localhost:1/none SPRING_FLYWAY_USER=none SPRING_FLYWAY_PASSWORD=none \
    SPRING_DATA_REDIS_URL=redis://localhost:1 \
    FLASH_SALE_SESSION_JWT_SECRET=only-for-the-training-run-of-the-image-build \
    java @java.flags -XX:AOTCacheOutput=app.aot -Dspring.context.exit=onRefresh -jar flash-sale.jar
USER 10001
EXPOSE 8080 8081
# Half of the memory for the heap: the rest is buffers of connections and stores, code and threads. One event loop for each core: bigger batches
# (docs/performance.md); JAVA_TOOL_OPTIONS says how many where a CPU limit does not.
ENTRYPOINT ["java", "@java.flags", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", \
    "-XX:AOTCache=app.aot", "-Djava.io.tmpdir=/tmp", "-jar", "flash-sale.jar"]
