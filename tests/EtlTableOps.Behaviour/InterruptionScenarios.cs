namespace EtlTableOps.Behaviour;

/// <summary>
/// An operation that is cut off anywhere leaves the live table whole, and a repair leaves nothing else: first by a fault inside the process at each
/// boundary of a step, then by SIGKILL of a process at each boundary, then by SIGKILL at any moment.
/// </summary>
public abstract class InterruptionScenarios : InterruptionSteps
{
    [Fact]
    [Trait("Promise", "6")]
    public Task A_build_that_fails_at_any_boundary_leaves_nothing() => InProcessAsync("build");

    [Fact]
    [Trait("Promise", "6")]
    public Task A_test_that_fails_at_any_boundary_leaves_nothing() => InProcessAsync("test");

    [Fact]
    [Trait("Promise", "6")]
    public Task An_import_that_fails_at_any_boundary_leaves_nothing() => InProcessAsync("import");

    [Fact]
    [Trait("Promise", "6")]
    public Task A_sync_that_fails_at_any_boundary_leaves_nothing() => InProcessAsync("sync");

    [Fact]
    [Trait("Promise", "6")]
    public Task A_switch_that_fails_at_any_boundary_is_done_or_not_done() => InProcessAsync("switch");

    [Fact]
    [Trait("Promise", "6")]
    public Task An_undo_that_fails_at_any_boundary_is_done_or_not_done() => InProcessAsync("undo");

    [Theory]
    [InlineData("build")]
    [InlineData("import")]
    [InlineData("sync")]
    [InlineData("test")]
    [InlineData("switch")]
    [InlineData("undo")]
    [InlineData("remove")]
    [Trait("Promise", "6")]
    public Task Killed_at_each_boundary_it_is_finished_or_cleaned_up(string operation) => KilledAtEachBoundaryAsync(operation);

    [Theory]
    [InlineData("build")]
    [InlineData("import")]
    [InlineData("switch")]
    [InlineData("undo")]
    [Trait("Promise", "6")]
    public Task Killed_at_any_moment_it_is_finished_or_cleaned_up(string operation) => KilledAtAnyMomentAsync(operation);
}
