package flashsale.servers;

/** One running server, whether a child process or a container. Every call returns when its effect is there. */
interface ServerProcess {

    String host();

    int port();

    /** Starts it, again on the same port and data after a stop or a kill. */
    void start();

    void stop();

    /** {@code kill -9} of every process of this server. */
    void kill9();

    /** {@code SIGSTOP}: connections stay open, nobody answers. */
    void freeze();

    void thaw();

    /** Stops it and deletes its data. */
    void remove();
}
