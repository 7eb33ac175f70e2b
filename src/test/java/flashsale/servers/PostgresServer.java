package flashsale.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** One real PostgreSQL, with as many fresh databases as the tests ask for. */
public final class PostgresServer implements AutoCloseable {

    public enum Durability {
        /** Nothing waits for the disk: for tests that do not kill the machine. */
        FAST,
        /** As in production. */
        CRASH_SAFE
    }

    /** An empty database of its own. The addresses do not name the user; Spring wants it apart. */
    public record Database(String r2dbcUrl, String jdbcUrl, String username, String password) {

        public Connection connect() throws SQLException {
            return DriverManager.getConnection(jdbcUrl, username, password);
        }
    }

    private static final int DEFAULT_PORT = 5432;
    private static final String USER = "flashsale";
    private static final String PASSWORD = "flashsale";

    private final ServerProcess process;
    private final AtomicInteger databases = new AtomicInteger();

    private PostgresServer(ServerProcess process) {
        this.process = process;
    }

    public static PostgresServer start() {
        return start(Durability.FAST);
    }

    public static PostgresServer start(Durability durability) {
        int port = Ports.free();
        var settings = settings(durability);
        ServerProcess process =
                switch (ServerKind.chosen()) {
                    case EMBEDDED -> embedded(port, settings);
                    case CONTAINER -> container(port, settings);
                };
        process.start();
        return new PostgresServer(process);
    }

    /** 300 connections: every cached Spring context keeps a pool of 16, and a killed application's linger. */
    private static List<String> settings(Durability durability) {
        var settings = new ArrayList<>(List.of("-c", "max_connections=300", "-c", "shared_buffers=64MB"));
        switch (durability) {
            case FAST ->
                settings.addAll(
                        List.of("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"));
            case CRASH_SAFE -> settings.addAll(List.of("-c", "fsync=on", "-c", "synchronous_commit=on"));
        }
        return settings;
    }

    private static ServerProcess embedded(int port, List<String> settings) {
        Path folder = Scratch.ofThisJvm().newFolder("postgres");
        createCluster(folder);
        var command = program("postgres");
        command.addAll(List.of("-D", "data", "-p", Integer.toString(port), "-c", "listen_addresses=127.0.0.1"));
        // Both kinds of shared memory must not outlive a server that was killed.
        command.addAll(List.of("-c", "unix_socket_directories=", "-c", "dynamic_shared_memory_type=mmap"));
        command.addAll(settings);
        return new LocalProcess(command, folder, port, () -> answersQuery("localhost", port));
    }

    private static void createCluster(Path folder) {
        var command = program("initdb");
        command.addAll(List.of("-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"));
        try {
            var initdb = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(initdb.getInputStream().readAllBytes());
            if (initdb.waitFor() != 0) {
                throw new IllegalStateException("initdb failed: " + command + "\n" + said);
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot run " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** PostgreSQL refuses to run as root; in a user namespace of its own it is nobody. */
    private static ArrayList<String> program(String name) {
        var command = new ArrayList<String>();
        if ("root".equals(System.getProperty("user.name"))) {
            if (!OwnSession.isInstalled("unshare")) {
                throw new IllegalStateException(
                        "PostgreSQL does not run as root: install util-linux (unshare)" + " or run as another user");
            }
            command.addAll(List.of("unshare", "--user", "--ipc"));
        }
        command.add(EmbeddedBinaries.postgres(name).toString());
        return command;
    }

    private static ServerProcess container(int port, List<String> settings) {
        var command = new ArrayList<>(List.of("postgres"));
        command.addAll(settings);
        return new ContainerProcess(
                ContainerProcess.POSTGRES_IMAGE,
                DEFAULT_PORT,
                port,
                command,
                Map.of("POSTGRES_USER", USER, "POSTGRES_PASSWORD", PASSWORD),
                () -> answersQuery(ContainerProcess.engineHost(), port));
    }

    private static boolean answersQuery(String host, int port) {
        try (var connection = database(host, port, "postgres").connect()) {
            return connection.isValid(1);
        } catch (SQLException notYet) {
            return false;
        }
    }

    private static Database database(String host, int port, String name) {
        String address = "postgresql://" + host + ":" + port + "/" + name;
        return new Database("r2dbc:" + address, "jdbc:" + address, USER, PASSWORD);
    }

    /** A fresh, empty database. */
    public Database createDatabase() {
        String name = "flashsale_" + databases.incrementAndGet();
        try (var connection = database("postgres").connect();
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("cannot create database " + name, e);
        }
        return database(name);
    }

    private Database database(String name) {
        return database(host(), port(), name);
    }

    public String host() {
        return process.host();
    }

    public int port() {
        return process.port();
    }

    public void stop() {
        process.stop();
    }

    /** Of every backend as well, as if the machine had gone. */
    public void kill9() {
        process.kill9();
    }

    /** After {@link #stop} or {@link #kill9}: the same port, the same databases. */
    public void restart() {
        process.start();
    }

    public void freeze() {
        process.freeze();
    }

    public void thaw() {
        process.thaw();
    }

    @Override
    public void close() {
        process.remove();
    }
}
