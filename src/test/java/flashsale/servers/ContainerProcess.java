package flashsale.servers;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports.Binding;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/** A server in a container. Its host port is fixed, because Docker would give it another one after a restart. */
final class ContainerProcess implements ServerProcess {

    /** The scripts may use nothing newer than 7.0, so the tests must not either. */
    static final String REDIS_IMAGE = "redis:7.0";

    static final String POSTGRES_IMAGE = "postgres:18";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final GenericContainer<?> container;
    private final int port;
    private final BooleanSupplier answers;
    private boolean created;

    ContainerProcess(
            String image,
            int innerPort,
            int port,
            List<String> command,
            Map<String, String> environment,
            BooleanSupplier answers) {
        this.port = port;
        this.answers = answers;
        this.container = new GenericContainer<>(image)
                .withExposedPorts(innerPort)
                .withEnv(environment)
                .withCommand(command.toArray(String[]::new))
                .withCreateContainerCmdModifier(create -> Objects.requireNonNull(create.getHostConfig())
                        .withPortBindings(new PortBinding(Binding.bindPort(port), new ExposedPort(innerPort))));
    }

    static String engineHost() {
        return DockerClientFactory.instance().dockerHostIpAddress();
    }

    @Override
    public String host() {
        return engineHost();
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public synchronized void start() {
        if (created) {
            docker().startContainerCmd(container.getContainerId()).exec();
        } else {
            container.start();
            created = true;
        }
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (!answers.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("did not start: " + container + "\n" + container.getLogs());
            }
            Signals.pause(50);
        }
    }

    @Override
    public void stop() {
        docker().stopContainerCmd(container.getContainerId()).withTimeout(20).exec();
    }

    @Override
    public void kill9() {
        docker().killContainerCmd(container.getContainerId()).withSignal("KILL").exec();
        while (container.isRunning()) {
            Signals.pause(10);
        }
    }

    @Override
    public void freeze() {
        docker().pauseContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void thaw() {
        docker().unpauseContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void remove() {
        container.stop();
    }

    private static DockerClient docker() {
        return DockerClientFactory.instance().client();
    }
}
