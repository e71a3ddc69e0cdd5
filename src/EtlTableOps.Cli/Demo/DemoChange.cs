using System.Globalization;
using EtlTableOps.Shadows;

namespace EtlTableOps.Cli.Demo;

/// <summary>The change that the demo declares: the three reasons that people have, in SQL that every engine reads.</summary>
internal static class DemoChange
{
    public const string AddedColumn = "amount_band";

    /// <summary>An attribute computed from others, and old events removed; the file brings the third, new events.</summary>
    public static DeclaredChange For(DemoEvents events) => new()
    {
        Add = [new AddedColumn(AddedColumn, "text", "CASE WHEN amount < 10 THEN 'small' WHEN amount < 100 THEN 'medium' ELSE 'large' END")],
        Where = $"event_ts >= '{Moment(events.KeepFrom)}'",
    };

    /// <summary>A moment as SQL text.</summary>
    public static string Moment(DateTime at) => at.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Whether the declared change keeps the row.</summary>
    public static bool Keeps(DemoEvents events, in DemoEvent row) => row.At >= events.KeepFrom;
}
