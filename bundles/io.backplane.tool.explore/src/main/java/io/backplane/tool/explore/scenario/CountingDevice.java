package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioWait;
import io.backplane.aio.Coroutine;
import io.backplane.aio.InFlight;
import io.backplane.sim.SimContext;
import io.backplane.sim.SimWorld;
import io.backplane.virtio.QueueHandler;
import io.backplane.virtio.QueueRunner;
import io.backplane.virtio.VirtQueueElement;

/** A device of one queue on the shipped runner, which answers at once or a
 * little later, and its guest. */
final class CountingDevice implements QueueHandler {
    private final SimWorld world;
    final GuestQueue guest;
    final SimContext home;
    final QueueRunner runner;
    final AioWait wait = new AioWait(null);
    final InFlight inside = new InFlight(wait);
    int handled;
    boolean quiet;

    CountingDevice(SimWorld world) {
        this.world = world;
        guest = new GuestQueue(world.pick(2) == 1);
        home = world.ioThread("io1");
        runner = new QueueRunner(home, "queue", this);
        world.atEnd(() -> {
            if (guest.broken() != null) {
                throw new AssertionError("the device is broken: " + guest.broken());
            }
        });
    }

    @Override
    public void handle(VirtQueueElement element) {
        if (quiet) {
            throw new AssertionError("a request is taken while the queue is drained");
        }
        if (world.pick(3) == 0) {
            inside.increment();
            Coroutine.awaitYield();
            inside.decrement();
        }
        handled++;
        element.complete(0);
        wait.kick();
    }

    @Override
    public void enter() {
        inside.increment();
    }

    @Override
    public void leave() {
        inside.decrement();
    }

    /** Takes the token away and waits until the queue is quiet. Main. */
    void awaitDrained() {
        runner.token().revoke();
        wait.awaitWhile(() -> runner.isInside() || inside.count() > 0);
        quiet = true;
    }

    /** Ends the drain. Main. */
    void resume() {
        quiet = false;
        runner.token().giveBack();
    }
}
