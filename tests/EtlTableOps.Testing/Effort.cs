using System.Globalization;

namespace EtlTableOps.Testing;

/// <summary>How long the tests look for what happens by chance: short as a rule, longer where the environment says so.</summary>
public static class Effort
{
    /// <summary>Cycles of build, test, switch and undo under a ledger (<c>ETLTABLEOPS_TEST_CYCLES</c>).</summary>
    public static int Cycles { get; } = Number("ETLTABLEOPS_TEST_CYCLES", 20);

    /// <summary>Kills, crashes and copies at random moments in each test of them (<c>ETLTABLEOPS_TEST_KILLS</c>).</summary>
    public static int Kills { get; } = Number("ETLTABLEOPS_TEST_KILLS", 2);

    /// <summary>Seconds of a load at a fixed rate (<c>ETLTABLEOPS_TEST_LOAD_SECONDS</c>).</summary>
    public static int LoadSeconds { get; } = Number("ETLTABLEOPS_TEST_LOAD_SECONDS", 6);

    /// <summary>Where chance begins: another one in each run, or <c>ETLTABLEOPS_TEST_SEED</c>, to do the same again.</summary>
    public static int Seed { get; } = Number("ETLTABLEOPS_TEST_SEED", Random.Shared.Next(1, 1_000_000));

    private static int Number(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : usual;
}
