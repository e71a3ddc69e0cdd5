using System.CommandLine;
using EtlTableOps.Cli.Output;

namespace EtlTableOps.Cli.Commands;

/// <summary><c>versions</c>: lists the kept versions, or drops some.</summary>
internal static class VersionsCommand
{
    public static Command Create()
    {
        var table = CommonOptions.OptionalTable();
        var remove = new Option<bool>("--remove") { Description = "Drops kept versions: all but --keep of the newest, or the one that --version names." };
        var keep = new Option<int?>("--keep") { Description = "With --remove: how many of the newest stay.", HelpName = "count" };
        var version = new Option<string?>("--version") { Description = "With --remove: the one to drop, by its table's name or its swap's id.", HelpName = "version" };
        var command = new Command("versions", "Lists the kept versions with their size and age, or drops some.") { table, remove, keep, version, CommonOptions.Yes }.Changing();
        command.Validators.Add(result =>
        {
            var given = (Keep: result.GetValue(keep), Version: result.GetValue(version));
            if (!result.GetValue(remove))
            {
                if (given.Keep is not null || given.Version is not null) result.AddError("--keep and --version go with --remove.");
                return;
            }
            if (result.GetValue(table) is null) result.AddError("--remove needs a table.");
            if (given.Keep is null == given.Version is null) result.AddError("--remove needs either --keep or --version.");
            if (given.Keep < 0) result.AddError("--keep takes 0 or more.");
        });
        CommandRun.Bind(command, run =>
        {
            var given = run.Parsed;
            var of = given.GetValue(table);
            if (!given.GetValue(remove))
            {
                return run.ReadAsync(
                    (operations, token) => operations.VersionsAsync(of, token),
                    versions => JsonLine.Success(command.Name, "versions", versions),
                    versions => run.Text.Show(versions, of is null ? "No version is kept." : $"{of} has no kept version."));
            }
            var request = new RemoveVersionsRequest(of!) { Keep = given.GetValue(keep), Version = given.GetValue(version) };
            return run.ChangeAsync(
                Question.Ask,
                (operations, token) => operations.RemoveVersionsAsync(request, token),
                versions => JsonLine.Success(command.Name, "versions", versions),
                versions => run.Text.Show(versions, "There was nothing to drop."));
        });
        return command;
    }
}
