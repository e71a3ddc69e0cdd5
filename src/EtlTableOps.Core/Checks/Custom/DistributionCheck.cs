using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks.Custom;

/// <summary>The profiles of all columns that checks hold against the live table under the same condition, read once for all of them.</summary>
internal sealed class DistributionGroup(TableShape live, TableShape shadow, string? where, PastMoment? liveAsOf, ChangeLog? feed)
{
    private readonly List<string> columns = [];
    private Distributions? read;

    public void Add(string column)
    {
        if (!columns.Contains(column)) columns.Add(column);
    }

    /// <summary>Whether the statements are those of this column, so that they are shown once.</summary>
    public bool IsFirst(string column) => columns[0] == column;

    public IEnumerable<Sql> Plan(IDialect dialect) => Reader().Plan(dialect);

    public async Task<ColumnDrift> OfAsync(CheckReading reading, string column, CancellationToken token)
    {
        if (read is null)
        {
            read = await Reader().ReadAsync(reading.Session, token).ConfigureAwait(false);
            foreach (var sql in read.Statements) reading.Note(sql);
        }
        return read.Columns.First(c => c.Column == column);
    }

    private DistributionReader Reader() => new(live, shadow, new DistributionRequest { Columns = columns, Where = where is null ? null : new SqlText(where) }, liveAsOf) { Feed = feed };
}

/// <summary>How far a column's distribution is from that of the live table, by <see cref="DriftMeasure"/>.</summary>
internal sealed class DistributionCheck : ResolvedCheck
{
    private readonly string column;
    private readonly DistributionGroup group;

    public DistributionCheck(CheckDefinition definition, string column, DistributionGroup group)
        : base(definition)
    {
        this.column = column;
        this.group = group;
        group.Add(column);
    }

    public override bool AsksInSteps => true;

    /// <summary>The condition goes for both sides.</summary>
    public override async Task RefuseAsync(IEngineSession session, CheckSides sides, CancellationToken token)
    {
        if (session.Dialect.Profiles is null)
            throw new EtlException(ErrorCode.NotSupported, "The check distribution", "this engine has no profiles", "Take null_fraction, distinct_count and range instead.");
        if (Definition.Where is not { } where) return;
        foreach (var side in new[] { sides.Live, sides.Shadow })
            await session.DescribeQueryAsync(session.Dialect.SelectRows(side with { Where = new SqlText(where) }, new SqlText("1")), token).ConfigureAwait(false);
    }

    public override IEnumerable<Sql> Statements(IDialect dialect, CheckSides sides) => group.IsFirst(column) ? group.Plan(dialect) : [];

    public override async Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token)
    {
        var c = CultureInfo.InvariantCulture;
        var most = FigureCheck.Number(Definition.Max) ?? DriftMeasure.Alarm;
        var drift = await group.OfAsync(reading, column, token).ConfigureAwait(false);
        var value = drift.Drift ?? 0;
        var expected = string.Create(c, $"a drift below {most}");
        var found = string.Create(c, $"{value:0.####}");
        return new CheckFinding(value, value >= most, expected, found, Rule($"The distribution of {column} is {found} away from the live table's (population stability index, {drift.Measure}{(drift.Live?.SampledRows is { } rows ? $", by a sample of {rows} rows" : "")}); {expected} wanted."))
        {
            // Without a bound of the user's the index's usual steps hold: worth a look, and another one.
            Warns = Definition.Max is null && value >= DriftMeasure.Watch,
        };
    }
}
