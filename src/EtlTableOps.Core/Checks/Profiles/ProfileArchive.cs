using System.Globalization;
using System.Text.Json;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Journal;

namespace EtlTableOps.Checks;

/// <summary>
/// The profiles of what went live, in a line of the journal each, so that the next release can be held against the last. A line and not a part of the swap's record, which is written at every step.
/// </summary>
internal static class ProfileArchive
{
    /// <summary>The step of its line.</summary>
    public const string Step = "profile";

    /// <summary>Twentieths of the values: the tenths that drift is measured by are among them.</summary>
    private const int Parts = 20;

    private const int Top = 20;
    private const int Digits = 5;

    /// <summary>Keeps the shadow's profiles, within the transaction of its proof.</summary>
    public static Task KeepAsync(JournalStore journal, string swapId, string operation, IEnumerable<ColumnProfile> profiles, CancellationToken token)
    {
        var kept = new KeptProfiles([.. profiles.Select(Thin)]);
        return journal.AppendAsync(swapId, operation, Step, [new Sql(JsonSerializer.Serialize(kept, JournalJson.Default.KeptProfiles))], kept.Columns.Count > 0 ? kept.Columns[0].Rows : 0, TimeSpan.Zero, token);
    }

    /// <summary>The profiles of what went live last under this name.</summary>
    /// <exception cref="EtlException">BadInput where the journal has none.</exception>
    public static async Task<LastProfiles> LastAsync(TableScope scope, SwapRecord present, CancellationToken token)
    {
        var earlier = (await scope.Journal.ListAsync(present.Live, token).ConfigureAwait(false)).Where(r => r.Live == present.Live && r.Id != present.Id && r is { Operation: SwapOperation.Switch, Details.SwitchedAt: not null });
        foreach (var record in earlier.OrderByDescending(r => r.Details.SwitchedAt))
        {
            var line = (await scope.Journal.LinesAsync(record.Id, token).ConfigureAwait(false)).LastOrDefault(l => l.Step == Step);
            if (line is not null && JsonSerializer.Deserialize(line.Statements, JournalJson.Default.KeptProfiles) is { } kept)
                return new LastProfiles(string.Create(CultureInfo.InvariantCulture, $"what went live with {record.Id} ({record.Details.SwitchedAt:yyyy-MM-dd HH:mm} UTC)"), kept.Columns.ToDictionary(c => c.Column, StringComparer.Ordinal));
        }
        throw new EtlException(ErrorCode.BadInput, $"The journal has no profile of what went live under the name {present.Live} before. One is kept by each test with distributions whose shadow is switched.");
    }

    private static ColumnProfile Thin(ColumnProfile profile) => profile with
    {
        Quantiles = [.. profile.Quantiles.Where((q, i) => i == 0 || Math.Floor(q.Part * Parts) > Math.Floor(q.Below * Parts)).Select(q => q with { Below = Math.Round(q.Below, Digits), Part = Math.Round(q.Part, Digits) })],
        Top = [.. profile.Top.Take(Top).Select(t => t with { Part = Math.Round(t.Part, Digits) })],
        TopIsAll = profile.TopIsAll && profile.Top.Count <= Top,
    };
}

/// <summary>Profiles as the journal keeps them.</summary>
/// <param name="Columns">One for each column.</param>
internal sealed record KeptProfiles(IReadOnlyList<ColumnProfile> Columns);

/// <summary>Profiles that were kept.</summary>
/// <param name="What">Whose they are, for people.</param>
/// <param name="Columns">By column.</param>
internal sealed record LastProfiles(string What, IReadOnlyDictionary<string, ColumnProfile> Columns)
{
    /// <summary>Holds a present distribution against them.</summary>
    public ColumnDrift Compare(ColumnDrift present) => DriftMeasure.Compare(present.Column, Columns.GetValueOrDefault(present.Column), present.Shadow) with { Against = What };
}
