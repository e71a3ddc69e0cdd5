using EtlTableOps.Engines;
using EtlTableOps.Plans;
using EtlTableOps.Switching;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake;

/// <content>
/// Makes pipes and dynamic tables anew after an exchange. A pipe is paused before it and must have loaded all that it was told of; the statements that start it again
/// are in the journal before it is stopped.
/// </content>
public sealed partial class SnowflakeDialect
{
    /// <summary>What the service says of a pipe, as JSON.</summary>
    internal Sql PipeStatus(TableName pipe) => Sql.Write(this, $"SELECT SYSTEM$PIPE_STATUS({new SqlLiteral(SqlText.Write(this, $"{pipe}").Text)})");

    private static IEnumerable<RemadeFacts> Chosen(ExchangeBlueprint exchange) => Own(exchange.Live).Remade.Where(r => exchange.Choices.HasFlag(r.Choice));

    private static IEnumerable<RemadeFacts> Running(ExchangeBlueprint exchange) => Chosen(exchange).Where(r => r is { Choice: DependentChoices.RecreatePipes, Stopped: false });

    /// <summary>Pipes that are drained: the ones that we pause, and those that were paused before.</summary>
    private IEnumerable<IntegrityCheck> AtRest(ExchangeBlueprint exchange) => Chosen(exchange).Where(r => r.Choice == DependentChoices.RecreatePipes).Select(r =>
    {
        var status = SqlText.Write(this, $"PARSE_JSON(SYSTEM$PIPE_STATUS({new SqlLiteral(SqlText.Write(this, $"{r.Name}").Text)}))");
        return new IntegrityCheck($"Pipe {r.Name}", "it is not paused yet, or has files to load that it was told of.",
            Sql.Write(this, $"SELECT IFF(CAST(s:\"executionState\" AS VARCHAR) = 'PAUSED', COALESCE(CAST(s:\"pendingFileCount\" AS NUMBER(38,0)), 0), 1) FROM (SELECT {status} AS s)"));
    });

    private PlanStep Pause(RemadeFacts pipe, bool paused) => new(paused ? "pause-pipe" : "resume-pipe", paused ? $"Pause pipe {pipe.Name}" : $"Let pipe {pipe.Name} go on",
        [Sql.Write(this, $"ALTER PIPE {pipe.Name} SET PIPE_EXECUTION_PAUSED = {new SqlText(paused ? "TRUE" : "FALSE")}")]) { Scope = StepScope.NoTransaction };

    /// <summary>
    /// The statement that made it, in its own schema, because names in it may be without one. Rights do not stay with what is replaced (CREATE PIPE, CREATE DYNAMIC TABLE), so they are given again.
    /// </summary>
    private PlanStep Remake(RemadeFacts facts)
    {
        var kind = new SqlText(facts.Kind);
        var statements = new List<Sql> { Sql.Write(this, $"USE SCHEMA {new Id(facts.Name.Schema!)}"), new(facts.Text) };
        statements.AddRange(facts.Grants.Select(g => Sql.Write(this, $"GRANT {new SqlText(g.Privilege)} ON {kind} {facts.Name} TO {new SqlText(g.GrantedTo)} {new Id(g.Grantee)}{new SqlText(g.WithGrantOption ? " WITH GRANT OPTION" : "")}")));
        var pipe = facts.Choice == DependentChoices.RecreatePipes;
        if (facts.Comment.Length > 0) statements.Add(Sql.Write(this, $"ALTER {kind} {facts.Name} SET COMMENT = {new SqlLiteral(facts.Comment)}"));
        if (facts.Stopped) statements.Add(pipe ? Pause(facts, paused: true).Statements[0] : Sql.Write(this, $"ALTER DYNAMIC TABLE {facts.Name} SUSPEND"));
        return pipe
            ? new PlanStep("pipe", $"Create pipe {facts.Name} anew; it forgets which files it has loaded, so do not refresh it over those of before", statements) { Scope = StepScope.NoTransaction }
            : new PlanStep("dynamic-table", $"Create dynamic table {facts.Name} anew; the service computes it again", statements) { Scope = StepScope.NoTransaction };
    }
}
