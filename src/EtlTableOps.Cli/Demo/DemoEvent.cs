using System.Globalization;

namespace EtlTableOps.Cli.Demo;

/// <summary>One event, as the demo's table holds it.</summary>
/// <param name="Id">Its key.</param>
/// <param name="At">When it happened.</param>
/// <param name="User">Who.</param>
/// <param name="Type">What.</param>
/// <param name="Country">Where; null for some.</param>
/// <param name="Cents">Its amount, in hundredths.</param>
internal readonly record struct DemoEvent(long Id, DateTime At, int User, string Type, string? Country, long Cents)
{
    /// <summary>A small document. Written out only where it is needed: most looks at a row do without.</summary>
    public string Payload
    {
        get
        {
            var mixed = DemoEvents.Mix((ulong)Id);
            return string.Create(CultureInfo.InvariantCulture, $"{{\"session\":\"{mixed:x16}\",\"page\":{mixed % 977}}}");
        }
    }

    /// <summary>The amount as a number of two places.</summary>
    public decimal Amount => Cents / 100m;

    /// <summary>What the demo's added attribute holds for this row; the SQL in <see cref="DemoChange"/> says the same.</summary>
    public string Band => Cents switch
    {
        < 1_000 => "small",
        < 10_000 => "medium",
        _ => "large",
    };
}

/// <summary>
/// The demo's rows. Each is a function of its key and of the day of the run, so that the ledger knows a million of them
/// without holding one.
/// </summary>
/// <param name="rows">Rows that the table begins with.</param>
/// <param name="today">The day up to which events are made.</param>
internal sealed class DemoEvents(long rows, DateTime today)
{
    /// <summary>The key of the one very old row, by which a writer sees which table it has written to.</summary>
    public const long TellTale = 0;

    private const int Days = 1_095;

    private static readonly string[] Types = ["view", "click", "search", "purchase", "refund", "login"];
    private static readonly string?[] Countries = ["DE", "FR", "PL", "US", "BR", "JP", "IN", null];

    /// <summary>Rows that the table begins with, beside the tell-tale.</summary>
    public long Rows => rows;

    /// <summary>Rows of the file: one for each twenty.</summary>
    public long FileRows => rows / 20;

    /// <summary>Events before this moment are removed by the declared change.</summary>
    public DateTime KeepFrom => today.AddDays(-730);

    /// <summary>The recent events' view begins here.</summary>
    public DateTime RecentFrom => today.AddDays(-30);

    /// <summary>Where dashboards look: about the last day and a half.</summary>
    public DateTime DashboardFrom => today.AddHours(-36);

    /// <summary>The first key that is not a row of the beginning or of the file.</summary>
    public long FirstFreeId => rows + FileRows + 1;

    /// <summary>A row that the table begins with.</summary>
    public DemoEvent Initial(long id) => Make(id, id == TellTale
        ? today.AddDays(-Days - 1)
        : today.AddSeconds(-Days * 86_400d * (rows - id) / rows));

    /// <summary>A row of the file, by its number from 0: late arrivals of the last two years.</summary>
    public DemoEvent OfFile(long number) => Make(rows + 1 + number, today.AddSeconds(-729d * 86_400 * (FileRows - number) / FileRows));

    /// <summary>A row that a writer adds.</summary>
    public DemoEvent New(long id) => Make(id, today.AddSeconds(id % 3_600));

    /// <summary>A key that notes refer to, so that nobody deletes it and every look-up must find it.</summary>
    public static bool IsNoted(long id) => id % 97 == 0;

    /// <summary>The n-th newest noted key.</summary>
    public long Noted(long number) => (rows - (rows % 97)) - (97 * number);

    /// <summary>How many noted keys there are for look-ups: all in the newest quarter, at most 200.</summary>
    public long NotedCount => Math.Min(200, rows / 4 / 97);

    private static DemoEvent Make(long id, DateTime at)
    {
        var mixed = Mix((ulong)id);
        // Most amounts are small, as in life.
        var cents = (long)((mixed >> 8) % (mixed % 100 < 70 ? 1_000UL : 50_000UL));
        var whole = new DateTime(at.Ticks - (at.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Unspecified);
        return new DemoEvent(
            id,
            whole,
            (int)(mixed >> 40) & 0xFFFF,
            Types[(mixed >> 4) % (ulong)Types.Length],
            Countries[(mixed >> 12) % (ulong)Countries.Length],
            cents);
    }

    /// <summary>Scatters a number (SplitMix64).</summary>
    public static ulong Mix(ulong number)
    {
        var z = number + 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
