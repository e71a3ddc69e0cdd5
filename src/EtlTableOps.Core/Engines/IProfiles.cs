using EtlTableOps.Checks;
using EtlTableOps.Tables;

namespace EtlTableOps.Engines;

/// <summary>How an engine's values are counted and put in order for a profile. The statements around it are the same everywhere.</summary>
public interface IProfiles
{
    /// <summary>Stands between AS and a common table expression that shall be computed once; empty where it is anyway.</summary>
    SqlText Once { get; }

    /// <summary>What a profile makes of a column.</summary>
    ProfileForm FormOf(Column column);

    /// <summary>A value of <see cref="ProfileForm.Value"/> as text.</summary>
    SqlText Text(ProfileKind kind, SqlText value);

    /// <summary>A value of <see cref="ProfileForm.Value"/> as a double that is in the same order; null where it is none. Only for numbers and times.</summary>
    SqlText Number(ProfileKind kind, SqlText value);

    /// <summary>How many different values there are, estimated by the engine while it reads them all; null where it has no such thing.</summary>
    SqlText? EstimateDistinct(SqlText value) => null;

    /// <summary>What stands after FROM to read rows.</summary>
    SqlText Rows(ContentQuery rows);

    /// <summary>A statement over these rows with what its session must have run before it.</summary>
    Sql Ready(Sql sql, ContentQuery rows) => sql;

    /// <summary>
    /// A condition that chooses a part of a table's rows, the same ones each time: by their key where there is one, so that the same keys are chosen in two tables. It is true where a number below
    /// <see cref="Buckets"/> is less than the parameter <c>@sample</c>. Null where nothing tells rows apart: then all are read.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="key">The columns that tell rows apart in both tables; empty where there are none.</param>
    SqlText? InSample(TableShape table, IReadOnlyList<Column> key);

    /// <summary>Into how many parts a sample's condition cuts a table.</summary>
    public const long Buckets = 1 << 30;
}

/// <summary>What a profile makes of a column.</summary>
/// <param name="Kind">What its values are.</param>
/// <param name="Value">The value as it is grouped and ordered: equal for equal values alone, and short where the type is text.</param>
/// <param name="Extreme">The value as the smallest and the greatest are looked for; null where they would say nothing.</param>
public sealed record ProfileForm(ProfileKind Kind, SqlText Value, SqlText? Extreme)
{
    /// <summary>What a person should know of it: a type whose values are told apart by their text; null for nothing.</summary>
    public string? Note { get; init; }
}

/// <summary>What the values of a column are to a profile.</summary>
public enum ProfileKind
{
    /// <summary>Told apart, and put in no order that means anything.</summary>
    Category,
    /// <summary>Numbers.</summary>
    Number,
    /// <summary>Times, dates and intervals.</summary>
    Time,
}
